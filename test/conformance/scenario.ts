import type { SeedRecord } from '../../src/store/seed.js';
import type { JsonRequest, Rpc } from '../support/doors.js';
import type { Expected } from './contract.js';

/** What is in stock, what is called, and what that comes to. It is the same at every door. */
export interface Scenario {
  readonly name: string;
  readonly records: readonly SeedRecord[];
  readonly steps: readonly Step[];
  /** Holds at the end: record → reference → units; '' for unreferenced. */
  readonly holds?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Entries that the calls add to the movement log: record → its entries, oldest first. */
  readonly log?: Readonly<Record<string, readonly LogLine[]>>;
}

/** Action, change (of available units for RESERVED and RELEASED, else of units on hand), reference, notes, actor. */
export type LogLine = readonly [string, number, string | null, string | null, string];

export type Step = Call | PassTime;

/** One call and what it comes to. */
export interface Call {
  readonly rpc: Rpc;
  readonly request: JsonRequest;
  readonly expected: Expected;
  readonly idempotencyKey?: string;
  readonly replayed?: boolean;
  /** Whose credentials; `ours` unless said. */
  readonly caller?: CallerName;
  /** Name → the place in `data` (`content.0.id`) of a value that only the service knows: see `Bound`. */
  readonly bind?: Readonly<Record<string, string>>;
}

/** Moves all holds of ours into the past by this much. */
export interface PassTime {
  readonly passSeconds: number;
}

/** `ours` has every permission, the next four have one each, `nobody` has none; `stranger` is another merchant. */
export type CallerName = 'ours' | 'manager' | 'updater' | 'reader' | 'stockReader' | 'nobody' | 'stranger';

/** Stands, in requests and expectations, for a value that this answer or an earlier one bound. */
export class Bound {
  constructor(readonly name: string) {}
}

/** Always bound: our merchant's id. */
export const merchant = new Bound('merchant');

export type Bindings = Map<string, unknown>;

/** The values of `data` at the places that a call binds. */
export function bindAll(bindings: Bindings, bind: Call['bind'], data: unknown): void {
  for (const [name, path] of Object.entries(bind ?? {})) {
    const at = path.split('.').reduce<unknown>((value, key) => (value as Bindings)?.[key as never], data);
    bindings.set(name, at);
  }
}

/** Replaces every Bound in a value. Matchers stay as they are. */
export function resolve<T>(value: T, bindings: Bindings): T {
  if (value instanceof Bound) return bindings.get(value.name) as T;
  if (Array.isArray(value)) return value.map((item) => resolve(item, bindings)) as T;
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) {
    return value;
  }
  const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, bindings)]);
  return Object.fromEntries(entries) as T;
}
