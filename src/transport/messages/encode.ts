import { type DescField, type DescMessage, type Message, ScalarType, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { FeatureSet_FieldPresence, isWrapperDesc, StructSchema } from '@bufbuild/protobuf/wkt';
import { type Fields, fieldsOf } from './fields.js';
import { tagOf, WireWriter } from './wire-writer.js';

/**
 * Writes answers as protobuf, byte for byte like the library, but several times as fast: the library uses reflection on
 * every field. It leaves messages to the library that have kinds of fields which answers hardly have.
 */
export function encodeBinary(schema: DescMessage, message: Message): Buffer {
  shared.clear();
  writeMessage(shared, schema, message);
  return shared.length > KEPT_BYTES_MAX ? handOver() : shared.copy();
}

/** The same, appended to what `into` has. */
export function writeMessage(into: WireWriter, schema: DescMessage, message: Message): void {
  let write = writers.get(schema);
  if (write === undefined) {
    write = messageWriter(schema);
    writers.set(schema, write);
  }
  write(into, fieldsOf(message));
}

/** The shared buffer is not kept for the next message if it is longer than this. */
const KEPT_BYTES_MAX = 64 * 1024;

let shared = new WireWriter();

function handOver(): Buffer {
  const long = shared;
  shared = new WireWriter();
  return long.take();
}

type Write = (into: WireWriter, message: Fields) => void;
type WriteValue = (into: WireWriter, value: unknown) => void;

const writers = new WeakMap<DescMessage, Write>();

function messageWriter(schema: DescMessage): Write {
  const fields = [...schema.fields].sort((a, b) => a.number - b.number).map(fieldWriter);
  if (!fields.every((write) => write !== undefined)) {
    return (into, message) => into.raw(toBinary(schema, message));
  }
  return (into, message) => {
    for (const write of fields) write(into, message);
  };
}

/** Undefined: only the library can write this kind of field. */
function fieldWriter(field: DescField): Write | undefined {
  const { localName } = field;
  const value = valueWriter(field);
  if (value === undefined || field.fieldKind === 'map') return undefined;
  if (field.fieldKind === 'list') {
    if (field.packed) return undefined;
    return (into, message) => {
      const items = message[localName];
      if (Array.isArray(items)) for (const item of items) value(into, item);
    };
  }
  if (field.oneof !== undefined) {
    const group = field.oneof.localName;
    return (into, message) => {
      const set = message[group];
      if (isObject(set) && 'case' in set && set.case === localName && 'value' in set) value(into, set.value);
    };
  }
  // Without presence, a zero is not written.
  const isExplicit = field.presence !== FeatureSet_FieldPresence.IMPLICIT;
  return (into, message) => {
    const set = message[localName];
    if (isExplicit ? set !== undefined && Object.hasOwn(message, localName) : Boolean(set)) value(into, set);
  };
}

/** Writes a value with its tag. */
function valueWriter(field: DescField): WriteValue | undefined {
  const { message } = field;
  if (message !== undefined) {
    // The library represents these as plain JavaScript values, not as messages.
    if (isWrapperDesc(message) || message.typeName === StructSchema.typeName || field.delimitedEncoding) {
      return undefined;
    }
    const tag = tagOf(field, WireType.LengthDelimited);
    return typed<Message>((into, value) => {
      into.varint(tag);
      const start = into.begin();
      writeMessage(into, message, value);
      into.end(start);
    });
  }
  switch (field.scalar ?? ScalarType.INT32) {
    case ScalarType.STRING: {
      const tag = tagOf(field, WireType.LengthDelimited);
      return typed<string>((into, value) => {
        into.varint(tag);
        into.string(value);
      });
    }
    case ScalarType.BOOL: {
      const tag = tagOf(field, WireType.Varint);
      return (into, value) => {
        into.varint(tag);
        into.byte(value === true ? 1 : 0);
      };
    }
    case ScalarType.INT32: {
      const tag = tagOf(field, WireType.Varint);
      return typed<number>((into, value) => {
        into.varint(tag);
        into.int32(value);
      });
    }
    case ScalarType.INT64: {
      if (field.fieldKind === 'scalar' && field.longAsString) return undefined;
      const tag = tagOf(field, WireType.Varint);
      return typed<bigint>((into, value) => {
        into.varint(tag);
        into.int64(value);
      });
    }
    default:
      return undefined;
  }
}

/** Types a writer: the field's descriptor guarantees that the value is of this type. */
function typed<T>(write: (into: WireWriter, value: T) => void): WriteValue {
  return write as WriteValue;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
