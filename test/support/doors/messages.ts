import {
  createRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { file_google_rpc_error_details } from '../../../src/gen/google/rpc/error_details_pb.js';
import { InventoryService } from '../../../src/gen/inventory/v1/inventory_service_pb.js';
import { bindings } from './bindings.js';
import type { JsonRequest, Rpc } from './door.js';

/** Messages that the errors of a batch's results may have. */
const registry = createRegistry(file_google_rpc_error_details);

const methods = new Map<string, DescMethod>(InventoryService.methods.map((method) => [method.name, method]));

export function encodeRequest(rpc: Rpc, request: JsonRequest): Uint8Array {
  const { input } = methods.get(rpc)!;
  // Without members that JSON would leave out.
  const json: JsonValue = JSON.parse(JSON.stringify(request));
  return toBinary(input, fromJson(input, json, { ignoreUnknownFields: true }));
}

/** The answered message as REST spells `data`; unknown fields are an error. */
export function decodeData(rpc: Rpc, bytes: Uint8Array): unknown {
  const { output } = methods.get(rpc)!;
  const message = fromBinary(output, bytes);
  refuseUnknown(message);
  return dataOf(rpc, toJson(output, message, { alwaysEmitImplicit: true, registry }) as JsonObject);
}

/** The answered JSON of protobuf's mapping as REST spells `data`. */
export function dataOf(rpc: Rpc, response: JsonObject): unknown {
  const { data } = bindings[rpc];
  const json = withNulls(methods.get(rpc)!.output, response);
  return data === undefined ? json : json[data];
}

/** REST's JSON is protobuf's, but unset optional values are null, and empty lists `beyondThePages` are left out. */
function withNulls(desc: DescMessage, json: JsonObject): JsonObject {
  const spelt: JsonObject = { ...json };
  for (const field of desc.fields) {
    const value = json[field.jsonName];
    if (value === null) throw new Error(`${field} is null, which protobuf's JSON never says`);
    if (beyondThePages.has(field.name) && Array.isArray(value) && value.length === 0) {
      delete spelt[field.jsonName];
    } else if (field.fieldKind === 'scalar') {
      if (value === undefined && field.presence === FeatureSet_FieldPresence.EXPLICIT)
        spelt[field.jsonName] = null;
    } else if (field.message !== undefined && value !== undefined) {
      spelt[field.jsonName] = inside(field.message, value);
    }
  }
  return spelt;
}

/** Lists that REST leaves out when they are empty. */
const beyondThePages: ReadonlySet<string> = new Set(['shortfall']);

/** A message, or a list of them. Times are messages that are spelt as a text. */
function inside(desc: DescMessage, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => inside(desc, item));
  return typeof value === 'object' ? withNulls(desc, value as JsonObject) : value;
}

function refuseUnknown(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if ('$unknown' in value && value.$unknown !== undefined) throw new Error('unknown fields in the answer');
  for (const part of Object.values(value)) refuseUnknown(part);
}
