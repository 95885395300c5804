import type { MessageShape } from '@bufbuild/protobuf';
import type { InventoryService } from '../../../src/gen/inventory/v1/inventory_service_pb.js';

type Methods = typeof InventoryService.method;
type UnaryName = {
  [Name in keyof Methods]: Methods[Name]['methodKind'] extends 'unary' ? Name : never;
}[keyof Methods];

/** The RPCs that answer once. */
export type Rpc = Capitalize<UnaryName>;

/** Those of them that change something, and so take an idempotency key. */
export type ChangingRpc = Capitalize<
  {
    [Name in UnaryName]: 'idempotencyKey' extends keyof MessageShape<Methods[Name]['input']> ? Name : never;
  }[UnaryName]
>;

/** All fields of the request in JSON, wherever REST puts them. Loose: a test may send what a type would forbid. */
export type JsonRequest = Readonly<Record<string, unknown>>;

export interface CallOptions {
  readonly idempotencyKey?: string;
  /** An undefined credential is not sent. */
  readonly credentials?: { readonly token?: string | undefined; readonly apiKey?: string | undefined };
  /** Further headers or metadata; they win over the door's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The deadline that the caller announces; doors without one ignore it. */
  readonly timeoutMs?: number;
}

/** One answer, the same value from every door that says the same. */
export interface Answer {
  readonly ok: boolean;
  /** The fields that were sent, and no others, as REST spells `data`. */
  readonly data?: unknown;
  readonly reason?: string;
  readonly message?: string;
  /** A gRPC code; REST has none. */
  readonly code?: number;
  /** With gRPC and gRPC-Web, it says nothing about the outcome. */
  readonly httpStatus?: number;
  /** Of ErrorInfo; REST has no `domain`, and has the `metadata` as members next to `message`. */
  readonly domain?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Field → what it breaks; undefined where none are given. */
  readonly violations?: Readonly<Record<string, string>>;
  /** What PreconditionFailure lists; REST has none. */
  readonly preconditions?: readonly Precondition[];
  /** The failed parts of a request of many, as REST lists them; other doors have none. */
  readonly failedParts?: readonly unknown[];
  readonly retryAfterSeconds?: number;
  /** Where the reason is explained. */
  readonly help?: string;
  readonly replayed: boolean;
  readonly requestId?: string;
}

export interface Precondition {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

/** No answer came: the connection failed or was cut. The call may have taken effect or not. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** One way into the service. Implementations share no code with the service's own doors. */
export interface Door {
  readonly name: DoorName;
  /** @throws Unanswered */
  call(rpc: Rpc, request: JsonRequest, options?: CallOptions): Promise<Answer>;
  close(): void;
}

export const doorNames = [
  'gRPC',
  'gRPC over h2c on the HTTP port',
  'Connect JSON',
  'Connect binary',
  'gRPC-Web',
  'REST',
] as const;
/** Doors for commands: other calls go by gRPC. */
export const commandDoorNames = ['Execute', 'BatchExecute'] as const;
export type UnaryDoorName = (typeof doorNames)[number];
export type DoorName = UnaryDoorName | (typeof commandDoorNames)[number];

/** What every door sends, under the names of HTTP headers. */
export function requestHeaders(options: CallOptions): Record<string, string> {
  const { credentials, idempotencyKey } = options;
  const headers: Record<string, string> = {};
  if (credentials?.token !== undefined) headers.authorization = `Bearer ${credentials.token}`;
  if (credentials?.apiKey !== undefined) headers['x-merchantapikey'] = credentials.apiKey;
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  return { ...headers, ...options.headers };
}
