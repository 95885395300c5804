import {
  type DescField,
  type DescMessage,
  type JsonValue,
  type Registry,
  ScalarType,
} from '@bufbuild/protobuf';
import { hasCustomJsonRepresentation, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { MalformedRequest, malformedAt } from '../faults.js';
import { isBase64 } from '../fields/base64-text.js';
import { exactInteger, floatOf, isDecimal } from '../fields/exact-number.js';
import { expectation, messageExpectation } from '../fields/expectation.js';
import { fieldsByName } from '../fields/field-path.js';
import { isDuration, isTimestamp, maskPath } from '../fields/wkt-text.js';
import type { ListRules } from '../options.js';
import { isExactNumber, isJsonObject } from './json-object.js';
import { noPrototype, PROTOTYPE_KEY } from './prototype-key.js';

/**
 * Refuses, in JSON for a message, what the library reads although the JSON mapping does not allow it (`"0x10"` for
 * a number, text behind a duration's `s`, white space in base64, February 30), and turns numbers that were kept as
 * written into what their fields take. What is wrong in another way is left to the library. Changes `json`.
 *
 * @throws MalformedRequest that names the field.
 */
export function strictly(
  desc: DescMessage,
  json: JsonValue,
  registry: Registry,
  lists: ListRules,
): JsonValue {
  try {
    return new Strictness(registry, lists, false).message(desc, json, '');
  } catch (error) {
    if (!(error instanceof MalformedRequest)) throw error;
    // What was already changed is valid now, so the second pass fails where the first one did.
    return new Strictness(registry, lists, true).message(desc, json, '');
  }
}

class Strictness {
  readonly #registry: Registry;
  /** Paths are only for errors, and cost as much as everything else. */
  readonly #tracksPaths: boolean;

  readonly #lists: ListRules;

  constructor(registry: Registry, lists: ListRules, tracksPaths: boolean) {
    this.#registry = registry;
    this.#lists = lists;
    this.#tracksPaths = tracksPaths;
  }

  message(desc: DescMessage, json: JsonValue, path: string): JsonValue {
    if (hasCustomJsonRepresentation(desc)) return this.#custom(desc, json, path);
    if (!isJsonObject(json)) return rounded(json);
    const fields = fieldsByName(desc);
    for (const key in json) {
      const value = json[key] as JsonValue;
      const field = fields.get(key) ?? this.#extension(key);
      if (field !== undefined) {
        const strict = this.#field(field, value, this.#join(path, field.jsonName));
        if (strict !== value) json[key] = strict;
        // The library ignores it, but not a number that was kept as written.
      } else if (typeof value === 'object') json[key] = null;
    }
    return json;
  }

  #join(path: string, name: string): string {
    return this.#tracksPaths && path !== '' ? `${path}.${name}` : name;
  }

  #extension(key: string): DescField | undefined {
    const isName = key.startsWith('[') && key.endsWith(']');
    // Apart from its owner, it is a field.
    const extension = isName ? this.#registry.getExtension(key.slice(1, -1)) : undefined;
    return extension as unknown as DescField | undefined;
  }

  #field(field: DescField, json: JsonValue, path: string): JsonValue {
    if (field.fieldKind === 'list' && Array.isArray(json)) {
      json.splice(this.#lists.itemsReadMax?.(field) ?? json.length);
      for (let i = 0; i < json.length; i++) {
        json[i] = this.#element(field, json[i] as JsonValue, this.#tracksPaths ? `${path}[${i}]` : '');
      }
      return json;
    }
    if (field.fieldKind === 'map' && isJsonObject(json)) {
      for (const [key, value] of Object.entries(json)) {
        if (field.mapKey !== ScalarType.STRING && !/^(?:-?\d+|true|false)$/.test(key)) {
          throw new MalformedRequest('has a key that is not of its type', path);
        }
        if (key === PROTOTYPE_KEY) throw noPrototype(path);
        json[key] = this.#element(field, value, this.#join(path, key));
      }
      return json;
    }
    return this.#element(field, json, path);
  }

  #element(field: DescField, json: JsonValue, path: string): JsonValue {
    if (json === null) return json;
    if (field.message !== undefined) return this.message(field.message, json, path);
    const value = field.scalar === undefined ? strictEnum(json) : strictScalar(field.scalar, json);
    if (value === undefined) throw new MalformedRequest(expectation(field), path);
    return value;
  }

  /** A message whose JSON is not an object of its fields. */
  #custom(desc: DescMessage, json: JsonValue, path: string): JsonValue {
    if (desc.typeName === 'google.protobuf.Any') return this.#any(json, path);
    if (json === null) return json;
    const value = isWrapperDesc(desc)
      ? strictScalar(desc.fields[0].scalar, json)
      : strictText(desc, json, path);
    if (value === undefined) throw malformedAt(path, messageExpectation(desc));
    return value;
  }

  #any(json: JsonValue, path: string): JsonValue {
    const type = isJsonObject(json) ? json['@type'] : undefined;
    const desc =
      typeof type === 'string' ? this.#registry.getMessage(type.slice(type.lastIndexOf('/') + 1)) : undefined;
    // The library refuses it.
    if (!isJsonObject(json) || type === undefined || desc === undefined) return rounded(json);
    const { '@type': _, ...members } = json;
    const content =
      hasCustomJsonRepresentation(desc) && 'value' in members
        ? { value: this.message(desc, members.value as JsonValue, this.#join(path, 'value')) }
        : this.message(desc, members, path);
    return { ...(content as object), '@type': type };
  }
}

/** Undefined: not what the type accepts. */
function strictScalar(type: ScalarType, json: JsonValue): JsonValue | undefined {
  const text = isExactNumber(json) ? json.text : json;
  switch (type) {
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT: {
      if (typeof text !== 'string') return json;
      if (!isExactNumber(json) && /^(?:NaN|-?Infinity)$/.test(text)) return json;
      if (!isDecimal(text)) return undefined;
      return type === ScalarType.FLOAT ? floatOf(Number(text)) : Number(text);
    }
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32: {
      const integer = typeof text === 'string' ? exactInteger(text) : undefined;
      return typeof text === 'string' ? integer && Number(integer) : json;
    }
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return typeof text === 'string' ? exactInteger(text) : json;
    case ScalarType.BYTES:
      return typeof json !== 'string' || isBase64(json) ? rounded(json) : undefined;
    default:
      return rounded(json);
  }
}

function strictEnum(json: JsonValue): JsonValue | undefined {
  if (!isExactNumber(json)) return json;
  const integer = exactInteger(json.text);
  return integer === undefined ? undefined : Number(integer);
}

function strictText(desc: DescMessage, json: JsonValue, path: string): JsonValue | undefined {
  const text = json;
  if (typeof text !== 'string') return rounded(json, path);
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return isTimestamp(text) ? text : undefined;
    case 'google.protobuf.Duration':
      return isDuration(text) ? text : undefined;
    case 'google.protobuf.FieldMask':
      return text === '' || text.split(',').every((path) => maskPath(path) !== undefined) ? text : undefined;
    default:
      return text;
  }
}

/** Where a number is a double, or of no meaning. */
function rounded(json: JsonValue, path = ''): JsonValue {
  if (isExactNumber(json)) return Number(json.text);
  if (Array.isArray(json)) return json.map((item) => rounded(item, path));
  if (isJsonObject(json)) {
    for (const [key, value] of Object.entries(json)) {
      if (key === PROTOTYPE_KEY) throw noPrototype(path);
      json[key] = rounded(value, path);
    }
  }
  return json;
}
