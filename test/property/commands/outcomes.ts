import {
  create,
  type DescMessage,
  fromBinary,
  isMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import type { BatchResult, ExecuteResponse } from '../../../src/gen/inventory/v1/commands_pb.js';
import { ExecuteResponseSchema } from '../../../src/gen/inventory/v1/commands_pb.js';

/**
 * What became of a command, in a form that can be compared byte by byte. Only times are left out, since the merchants'
 * commands are not executed at the same time.
 */
export interface Told {
  readonly replayed: boolean;
  /** Bytes in hexadecimal, or JSON. */
  readonly data?: string;
  /** google.rpc.Status, in hexadecimal. */
  readonly error?: string;
}

export function success(replayed: boolean, schema: DescMessage, message: Message): Told {
  const copy = fromBinary(schema, toBinary(schema, message));
  return { replayed, data: hex(toBinary(schema, withoutTimes(copy))) };
}

export function successJson(replayed: boolean, json: JsonValue): Told {
  const text = JSON.stringify(json, (_, value) => (isTime(value) ? 'a time' : value));
  return { replayed, data: text };
}

export function failure(replayed: boolean, status: Uint8Array): Told {
  return { replayed, error: hex(status) };
}

export interface ConnectError {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
}

/** The Status that an error of unary Connect stands for: https://connectrpc.com/docs/protocol/#error-end-stream */
export function failureOfConnect(replayed: boolean, error: ConnectError, code: number): Told {
  const details = error.details.map(({ type, value }) => ({
    typeUrl: `type.googleapis.com/${type}`,
    value: Buffer.from(value, 'base64'),
  }));
  return failure(replayed, toBinary(StatusSchema, create(StatusSchema, { ...error, code, details })));
}

/** What a message in binary says. */
export function toldBinary({ replayed, outcome }: ExecuteResponse | BatchResult): Told {
  if (outcome.case === 'error') return failure(replayed, toBinary(StatusSchema, outcome.value));
  return success(replayed, ExecuteResponseSchema.field[outcome.case!].message!, outcome.value!);
}

/** What a message in JSON says; `read` is the same message, read by the library. */
export function toldJson(json: JsonObject, read: ExecuteResponse | BatchResult): Told {
  const { replayed, outcome } = read;
  if (outcome.case === 'error') return failure(replayed, toBinary(StatusSchema, outcome.value));
  return successJson(replayed, json[outcome.case!]!);
}

function withoutTimes<T>(value: T): T {
  if (Array.isArray(value)) value.forEach(withoutTimes);
  else if (isMessage(value as Message, TimestampSchema))
    Object.assign(value as object, { seconds: 0n, nanos: 0 });
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(withoutTimes);
  return value;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
