import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { base64Decode } from '@bufbuild/protobuf/wire';
import {
  DurationSchema,
  FieldMaskSchema,
  hasCustomJsonRepresentation,
  isWrapperDesc,
  TimestampSchema,
} from '@bufbuild/protobuf/wkt';
import { MalformedRequest } from '../faults.js';
import { isBase64 } from '../fields/base64-text.js';
import { floatOf, isDecimal } from '../fields/exact-number.js';
import { expectation } from '../fields/expectation.js';
import { jsonPath } from '../fields/field-path.js';
import { isDuration, isTimestamp, maskPath } from '../fields/wkt-text.js';
import { noPrototype, PROTOTYPE_KEY } from '../json/prototype-key.js';

/** A field that one piece of text can fill (of a map, one entry's value): a scalar, an enum, or a message whose JSON is a string or scalar. */
export function takesText(field: DescField): boolean {
  return field.message === undefined || messageTakesText(field.message);
}

/**
 * Sets a field, or adds to it when it is repeated, from the text of a path variable or query parameter.
 * Numbers are decimal; `label` names the field to the caller.
 *
 * @throws MalformedRequest
 */
function setFromText(
  message: ReflectMessage,
  field: DescField,
  text: string,
  label: string,
  key: string | undefined,
): void {
  if (field.fieldKind === 'map') {
    setEntryFromText(message, field, text, label, key as string);
    return;
  }
  try {
    const value = elementFromText(field, text);
    if (field.fieldKind === 'list') message.get(field).add(value);
    else message.set(field, value as never);
  } catch {
    // Whatever the reason (syntax, range, base64), the text is wrong, and the type says what would be right.
    throw new MalformedRequest(expectation(field), label);
  }
}

/** The same for an entry of a map, which may be given once. */
function setEntryFromText(
  message: ReflectMessage,
  field: DescField & { fieldKind: 'map' },
  text: string,
  label: string,
  keyText: string,
): void {
  if (keyText === PROTOTYPE_KEY) throw noPrototype(label);
  const entries = message.get(field);
  let key: unknown;
  try {
    key = scalarFromText(field.mapKey, keyText);
  } catch {
    throw new MalformedRequest('has a key that is not of its type', label);
  }
  const entryLabel = `${label}.${keyText}`;
  if (entries.has(key as never)) throw new MalformedRequest('must not be given twice', entryLabel);
  try {
    entries.set(key as never, elementFromText(field, text));
  } catch {
    throw new MalformedRequest(expectation(field), entryLabel);
  }
}

/**
 * The same for a field inside other messages, which are created on the way. `check` sees each field before it is
 * set; without it, a field of a oneof replaces the one that was set before. `key` is that of a map's entry.
 *
 * @throws MalformedRequest
 */
export function setAtPath(
  message: ReflectMessage,
  path: readonly DescField[],
  text: string,
  label: string,
  check?: (message: ReflectMessage, field: DescField, label: string) => void,
  key?: string,
  index = 0,
): void {
  const field = path[index]!;
  check?.(message, field, label);
  if (index === path.length - 1) {
    setFromText(message, field, text, label, key);
  } else if (field.fieldKind === 'message') {
    const child = message.isSet(field) ? message.get(field) : reflect(field.message);
    setAtPath(child, path, text, label, check, key, index + 1);
    if (!hasJson(child)) throw new MalformedRequest(expectation(field), jsonPath(path.slice(0, index + 1)));
    message.set(field, child);
  }
}

/** A value that JSON cannot express, such as a Timestamp in the year 10000, cannot be given field by field either. */
function hasJson({ desc, message }: ReflectMessage): boolean {
  if (!hasCustomJsonRepresentation(desc)) return true;
  try {
    toJson(desc, message);
    return true;
  } catch {
    return false;
  }
}

function elementFromText(field: DescField, text: string): unknown {
  if (field.scalar !== undefined) return scalarFromText(field.scalar, text);
  if (field.enum !== undefined) return enumFromText(field.enum, text);
  return messageFromText(field.message!, text);
}

function scalarFromText(type: ScalarType, text: string): unknown {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return text === 'true' || (text === 'false' ? false : unreadable());
    case ScalarType.BYTES:
      return isBase64(text) ? base64Decode(text) : unreadable();
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      if (/^(?:NaN|-?Infinity)$/.test(text)) return Number(text);
      if (!isDecimal(text) || !Number.isFinite(Number(text))) return unreadable();
      return type === ScalarType.FLOAT ? floatOf(Number(text)) : Number(text);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return Number(integerText(text));
    default:
      return BigInt(integerText(text));
  }
}

/** At most 20 digits: more would be out of every range, and only cost time. */
function integerText(text: string): string {
  return /^-?\d{1,20}$/.test(text) ? text : unreadable();
}

/** By name, or by number. */
function enumFromText(desc: DescEnum, text: string): number {
  return desc.values.find((v) => v.name === text)?.number ?? Number(integerText(text));
}

function messageTakesText(desc: DescMessage): boolean {
  return (
    desc.typeName === TimestampSchema.typeName ||
    desc.typeName === DurationSchema.typeName ||
    desc.typeName === FieldMaskSchema.typeName ||
    isWrapperDesc(desc)
  );
}

function messageFromText(desc: DescMessage, text: string): ReflectMessage {
  const message = reflect(desc);
  if (desc.typeName === FieldMaskSchema.typeName) {
    const paths = message.get(desc.fields[0] as DescField & { fieldKind: 'list' });
    for (const path of text === '' ? [] : text.split(',')) paths.add(maskPath(path) ?? unreadable());
    return message;
  }
  if (isWrapperDesc(desc)) {
    message.set(desc.fields[0], scalarFromText(desc.fields[0].scalar, text) as never);
    return message;
  }
  // The library is not as strict.
  if (!(desc.typeName === DurationSchema.typeName ? isDuration : isTimestamp)(text)) return unreadable();
  return reflect(desc, fromJson(desc, text));
}

function unreadable(): never {
  throw new Error('unreadable');
}
