import type { Credentials } from './app.js';
import {
  type Addresses,
  type Answer as DoorAnswer,
  type DoorName,
  doorNames,
  type JsonRequest,
  openDoor,
  type Rpc,
  Unanswered,
} from './doors.js';

export interface StockCall {
  readonly rpc: 'reserve' | 'release';
  readonly id: string;
  readonly qty: number;
  readonly reference?: string;
  readonly notes?: string;
  readonly idempotencyKey?: string;
}

export interface Stock {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly availableQty: number;
}

/** The outcome of a reserve or release, in the few words that a run of thousands needs. */
export type Answer = { readonly kind: 'ok'; readonly stock: Stock; readonly replayed: boolean } | NotDone;

/** The same of any call. */
export type DataAnswer =
  | { readonly kind: 'ok'; readonly data: unknown; readonly replayed: boolean }
  | NotDone;

export type NotDone =
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly replayed: boolean;
    }
  /** No answer came: the connection failed or was cut. The call may have taken effect or not. */
  | { readonly kind: 'unanswered'; readonly cause: string };

/** A client of one door, one merchant; `close` lets its connections go. */
export interface Caller {
  readonly door: Door;
  call(call: StockCall): Promise<Answer>;
  ask(rpc: Rpc, request: JsonRequest, idempotencyKey?: string): Promise<DataAnswer>;
  close(): void;
}

export const doors = doorNames;
export type Door = DoorName;

export function openCaller(name: Door, service: Addresses, credentials: Credentials): Caller {
  const door = openDoor(name, service);
  const ask: Caller['ask'] = async (rpc, request, idempotencyKey) => {
    const options = { credentials, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
    try {
      return inShort(await door.call(rpc, request, options));
    } catch (error) {
      if (error instanceof Unanswered) return { kind: 'unanswered', cause: error.message };
      throw error;
    }
  };
  return {
    door: name,
    close: door.close,
    ask,
    call: async ({ rpc, idempotencyKey, ...request }) => {
      const answer = await ask(rpc === 'reserve' ? 'Reserve' : 'Release', request, idempotencyKey);
      if (answer.kind !== 'ok') return answer;
      return { kind: 'ok', stock: answer.data as Stock, replayed: answer.replayed };
    },
  };
}

function inShort({ ok, data, reason, message = '', code, replayed }: DoorAnswer): DataAnswer {
  if (ok) return { kind: 'ok', data, replayed };
  // A status without a reason was made by the client's own side, or by the protocol's machinery.
  return reason === undefined
    ? { kind: 'unanswered', cause: `status ${code}: ${message}` }
    : { kind: 'refused', reason, message, replayed };
}

/** Opens all doors of all services, and gives them out in turn. */
export function openCallers(
  services: readonly Addresses[],
  who: Credentials,
  through: readonly Door[] = doors,
): { readonly all: readonly Caller[]; close(): void } {
  const all = through.flatMap((door) => services.map((service) => openCaller(door, service, who)));
  return {
    all,
    close: () => {
      for (const caller of all) caller.close();
    },
  };
}
