import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { MerchantService } from '../../gen/merchants/v1/merchant_service_pb.js';
import { jsonReader, MalformedRequest, PROTOTYPE_KEY } from '../../transcoding/index.js';
import { itemsReadMax, standInOf } from './items.js';
import { StrictReader } from './strict-reader.js';
import { UnreadableRequest } from './unreadable-request.js';

/**
 * Reads a message from protobuf bytes for all doors, and keeps strings and numbers exactly as sent. Refuses what the
 * wire format allows but the types do not; skips unknown fields. It is also faster than the library, which uses
 * reflection on every field. Throws UnreadableRequest.
 */
export function decodeBinary<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  const reader = new StrictReader(bytes);
  try {
    return readMessage(schema, create(schema), reader, reader.length);
  } catch (error) {
    throw new UnreadableRequest(`cannot be read as ${schema.typeName}: ${(error as Error).message}`);
  }
}

/** The same from JSON, which is read like a body of REST. Throws UnreadableRequest. */
export function decodeJson(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    return readJson(schema, bytes);
  } catch (error) {
    if (!(error instanceof MalformedRequest)) throw error;
    throw new UnreadableRequest(error.message);
  }
}

/** Lists in JSON are read by the same rules as lists in protobuf. */
export const listRules = { itemsReadMax, standInOf };

const readJson = jsonReader([InventoryService, MerchantService], listRules);

/** A message under construction. */
type Target = Record<string, unknown>;

/** Reads one value of a field into a message. */
type ReadField = (message: Target, reader: StrictReader, wireType: number) => void;

const readersOf = new WeakMap<DescMessage, ReadonlyMap<number, ReadField>>();

function readMessage<T extends object>(
  schema: DescMessage,
  message: T,
  reader: StrictReader,
  end: number,
): T {
  let fields = readersOf.get(schema);
  if (fields === undefined) {
    fields = new Map(schema.fields.map((field) => [field.number, fieldReader(field)]));
    readersOf.set(schema, fields);
  }
  while (reader.position < end) {
    const tag = reader.tag();
    const read = fields.get(tag >>> 3);
    if (read === undefined) reader.skip(tag);
    else read(message as Target, reader, tag & 7);
  }
  if (reader.position !== end) throw new Error('a field extends past the end of its message');
  return message;
}

function fieldReader(field: DescField): ReadField {
  const { localName } = field;
  switch (field.fieldKind) {
    case 'map':
      return mapReader(field);
    case 'list': {
      const { read, wireType } = itemReader(field);
      const itemsMax = itemsReadMax(field) ?? Number.POSITIVE_INFINITY;
      return (message, reader, given) => {
        const list = message[localName] as unknown[];
        if (given === WireType.LengthDelimited && wireType !== WireType.LengthDelimited) {
          for (const end = reader.block(); reader.position < end; ) list.push(read(reader));
          return;
        }
        expectType(field, given, wireType);
        if (list.length < itemsMax) list.push(read(reader));
        else reader.skip(given);
      };
    }
    default: {
      const { read, wireType } = valueReader(field);
      const group = field.oneof?.localName;
      if (group !== undefined) {
        return (message, reader, given) => {
          expectType(field, given, wireType);
          const { case: set, value } = message[group] as { case?: string; value?: unknown };
          message[group] = { case: localName, value: read(reader, set === localName ? value : undefined) };
        };
      }
      return (message, reader, given) => {
        if (given !== wireType) expectType(field, given, wireType);
        message[localName] = read(reader, message[localName]);
      };
    }
  }
}

function mapReader(field: DescField & { fieldKind: 'map' }): ReadField {
  const key = scalarReader(field.mapKey);
  const value = valueReader(field);
  const zero = () =>
    field.message === undefined
      ? field.scalar === undefined
        ? 0
        : zeroOf(field.scalar)
      : create(field.message);
  return (message, reader, given) => {
    expectType(field, given, WireType.LengthDelimited);
    let name: unknown = zeroOf(field.mapKey);
    let content: unknown;
    const end = reader.block();
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag >>> 3 === 1) {
        expectType(field, tag & 7, key.wireType);
        name = key.read(reader);
      } else if (tag >>> 3 === 2) {
        expectType(field, tag & 7, value.wireType);
        content = value.read(reader, content);
      } else reader.skip(tag);
    }
    if (reader.position !== end) throw new Error('a field extends past the end of its message');
    if (name === PROTOTYPE_KEY)
      throw new Error(`${field.jsonName}: must not have a key named ${PROTOTYPE_KEY}`);
    (message[field.localName] as Record<string, unknown>)[String(name)] = content ?? zero();
  };
}

interface ValueReader {
  readonly wireType: WireType;
  /** Returns the value. A message is merged into `before`, if that is given. */
  readonly read: (reader: StrictReader, before?: unknown) => unknown;
}

function valueReader(field: DescField): ValueReader {
  const { message } = field;
  if (message === undefined) return scalarReader(field.scalar ?? ScalarType.INT32);
  return {
    wireType: WireType.LengthDelimited,
    read: (reader, before) => {
      const end = reader.block();
      return readMessage(message, (before as object | undefined) ?? create(message), reader, end);
    },
  };
}

/** Reads an item of a list. If items are read one by one, a bad one gets a stand-in, and does not affect the others. */
function itemReader(field: DescField): ValueReader {
  const reader = valueReader(field);
  const standIn = standInOf(field);
  const { message } = field;
  if (standIn === undefined || message === undefined) return reader;
  const read = (from: StrictReader): unknown => {
    const bytes = from.viewOfBlock();
    try {
      return decodeBinary(message, bytes);
    } catch (error) {
      if (!(error instanceof UnreadableRequest)) throw error;
      return standIn(error.message, bytes);
    }
  };
  return { ...reader, read };
}

function zeroOf(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return '';
    case ScalarType.BOOL:
      return false;
    case ScalarType.BYTES:
      return new Uint8Array();
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 0n;
    default:
      return 0;
  }
}

function scalarReader(type: ScalarType): ValueReader {
  const { Varint, LengthDelimited, Bit32, Bit64 } = WireType;
  switch (type) {
    case ScalarType.STRING:
      return { wireType: LengthDelimited, read: (reader) => reader.string() };
    case ScalarType.BYTES:
      return { wireType: LengthDelimited, read: (reader) => reader.bytesOfBlock() };
    case ScalarType.BOOL:
      return { wireType: Varint, read: (reader) => reader.bool() };
    case ScalarType.INT32:
      return { wireType: Varint, read: (reader) => reader.int32() };
    case ScalarType.UINT32:
      return { wireType: Varint, read: (reader) => reader.uint32() };
    case ScalarType.SINT32:
      return { wireType: Varint, read: (reader) => reader.sint32() };
    case ScalarType.INT64:
      return { wireType: Varint, read: (reader) => reader.int64() };
    case ScalarType.UINT64:
      return { wireType: Varint, read: (reader) => reader.uint64() };
    case ScalarType.SINT64:
      return { wireType: Varint, read: (reader) => reader.sint64() };
    case ScalarType.FIXED32:
      return { wireType: Bit32, read: (reader) => reader.data.getUint32(reader.fixed(4), true) };
    case ScalarType.SFIXED32:
      return { wireType: Bit32, read: (reader) => reader.data.getInt32(reader.fixed(4), true) };
    case ScalarType.FLOAT:
      return { wireType: Bit32, read: (reader) => reader.data.getFloat32(reader.fixed(4), true) };
    case ScalarType.FIXED64:
      return { wireType: Bit64, read: (reader) => reader.data.getBigUint64(reader.fixed(8), true) };
    case ScalarType.SFIXED64:
      return { wireType: Bit64, read: (reader) => reader.data.getBigInt64(reader.fixed(8), true) };
    case ScalarType.DOUBLE:
      return { wireType: Bit64, read: (reader) => reader.data.getFloat64(reader.fixed(8), true) };
  }
}

function expectType(field: DescField, given: number, expected: WireType): void {
  if (given !== expected) throw new Error(`${field.jsonName} has the wrong wire type`);
}
