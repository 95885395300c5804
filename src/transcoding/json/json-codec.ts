import {
  createRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
} from '@bufbuild/protobuf';
import { isFieldError } from '@bufbuild/protobuf/reflect';
import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt';
import { MalformedRequest, malformedAt } from '../faults.js';
import { expectation, messageExpectation } from '../fields/expectation.js';
import { fieldsByName } from '../fields/field-path.js';
import type { ListRules } from '../options.js';
import { isJsonObject } from './json-object.js';
import { JsonWriter, type Omissions } from './json-writer.js';
import { decodePlain } from './plain-json.js';
import { strictly } from './strict-json.js';

/**
 * Protobuf's JSON mapping for the messages of some services: unknown fields and unknown enum names are ignored,
 * null is absent, both spellings of a field are read, lowerCamelCase is written, zero values are written out.
 *
 * https://protobuf.dev/programming-guides/json/
 */
export class JsonCodec {
  readonly #readOptions;
  readonly #registry: Registry;
  readonly #writer: JsonWriter;

  readonly #lists: ListRules;

  constructor(services: readonly DescService[], options: Omissions & ListRules = {}) {
    // Any can hold what the services' own files and their imports define.
    this.#registry = registryOf(services.map((s) => s.file));
    this.#readOptions = { ignoreUnknownFields: true, registry: this.#registry };
    this.#writer = new JsonWriter(this.#registry, options);
    this.#lists = options;
  }

  /** @throws MalformedRequest that names the field. */
  decode(desc: DescMessage, json: JsonValue): Message {
    if (!hasCustomJsonRepresentation(desc)) {
      const plain = decodePlain(desc, json);
      if (plain !== undefined) return plain;
      const list = this.#listReadApart(desc);
      if (list !== undefined) return this.#decodeApart(desc, json, list);
    }
    return this.#decodeWhole(desc, json);
  }

  #listReadApart(desc: DescMessage): DescField | undefined {
    const { standInOf } = this.#lists;
    return standInOf && desc.fields.find((field) => field.fieldKind === 'list' && standInOf(field));
  }

  /** Reads a list's items each by itself. */
  #decodeApart(desc: DescMessage, json: JsonValue, list: DescField): Message {
    if (!isJsonObject(json)) return this.#decodeWhole(desc, json);
    const items = json[list.jsonName];
    if (!Array.isArray(items)) return this.#decodeWhole(desc, json);
    const standIn = this.#lists.standInOf!(list)!;
    const message = this.#decodeWhole(desc, { ...json, [list.jsonName]: [] });
    const read = items.slice(0, this.#lists.itemsReadMax?.(list)).map((item) => {
      if (!isJsonObject(item)) return standIn('must be a JSON object');
      try {
        return this.decode(list.message!, item);
      } catch (error) {
        if (!(error instanceof MalformedRequest)) throw error;
        return standIn(error.message);
      }
    });
    return Object.assign(message, { [list.localName]: read });
  }

  #decodeWhole(desc: DescMessage, json: JsonValue): Message {
    const strict = strictly(desc, json, this.#registry, this.#lists);
    try {
      return fromJson(desc, strict, this.#readOptions);
    } catch (error) {
      throw this.#explain(desc, strict, error);
    }
  }

  encode(desc: DescMessage, message: Message): JsonValue {
    return this.#writer.write(desc, message);
  }

  /** One field of a message; null if it is unset and has no zero value. */
  encodeField(desc: DescMessage, message: Message, field: DescField): JsonValue {
    return this.#writer.writeField(desc, message, field) ?? null;
  }

  /** Replaces the decoder's wording: finds which field is wrong by decoding the parts one by one. */
  #explain(desc: DescMessage, json: JsonValue, error: unknown): MalformedRequest {
    // A single value, in which no field could be wrong.
    if (hasCustomJsonRepresentation(desc)) return malformedAt('', messageExpectation(desc));
    const culprit = this.#locate(desc, json, LOCATE_DEPTH_MAX);
    const { path, description } = culprit ?? conflictIn(error) ?? UNEXPLAINED;
    return new MalformedRequest(description, path);
  }

  #locate(desc: DescMessage, json: JsonValue, depth: number): Culprit | undefined {
    if (json === null || typeof json !== 'object' || Array.isArray(json)) return undefined;
    for (const [key, value] of Object.entries(json)) {
      const field = fieldsByName(desc).get(key);
      if (field === undefined || this.#fits(desc, key, value)) continue;
      const name = field.jsonName;
      if (field.fieldKind === 'list') {
        if (!Array.isArray(value)) return { path: name, description: 'must be a JSON array' };
        const index = firstMisfit(value, (items) => this.#fits(desc, key, items));
        return this.#locateIn(field, value[index] ?? null, `${name}[${index}]`, depth);
      }
      if (field.fieldKind === 'map') {
        if (value === null || typeof value !== 'object' || Array.isArray(value)) {
          return { path: name, description: 'must be a JSON object' };
        }
        const entries = Object.entries(value);
        const index = firstMisfit(entries, (some) => this.#fits(desc, key, Object.fromEntries(some)));
        const [entryKey, entryValue] = entries[index] as [string, JsonValue];
        return this.#locateIn(field, entryValue, `${name}.${entryKey}`, depth);
      }
      return this.#locateIn(field, value, name, depth);
    }
    return undefined;
  }

  /** The culprit in a value that does not fit: deeper, if the value is an object for a message. */
  #locateIn(field: DescField, value: JsonValue, path: string, depth: number): Culprit {
    const { message } = field;
    if (message !== undefined && depth > 1 && !hasCustomJsonRepresentation(message)) {
      const inner = this.#locate(message, value, depth - 1);
      const found = inner ?? this.#conflict(message, value);
      if (found !== undefined) {
        const inside = found.path === undefined ? path : `${path}.${found.path}`;
        return { path: inside, description: found.description };
      }
    }
    return { path, description: expectation(field) };
  }

  /** Fields of an object that fit each by itself, and not together. */
  #conflict(desc: DescMessage, value: JsonValue): Culprit | undefined {
    if (!isJsonObject(value)) return undefined;
    try {
      fromJson(desc, value, this.#readOptions);
      return undefined;
    } catch (error) {
      return conflictIn(error);
    }
  }

  #fits(desc: DescMessage, key: string, value: JsonValue): boolean {
    try {
      fromJson(desc, { [key]: value }, this.#readOptions);
      return true;
    } catch {
      return false;
    }
  }
}

/** The index of the first part that does not fit, by halving: two passes over the parts rather than one each. */
function firstMisfit<T>(parts: readonly T[], accepts: (some: T[]) => boolean): number {
  let from = 0;
  let to = parts.length;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (accepts(parts.slice(from, middle))) from = middle;
    else to = middle;
  }
  return from;
}

interface Culprit {
  /** Undefined: of the whole. */
  readonly path: string | undefined;
  readonly description: string;
}

const UNEXPLAINED: Culprit = { path: undefined, description: 'the body does not fit the request' };

/** Which fields cannot be given together, if that is what is wrong. */
function conflictIn(error: unknown): Culprit | undefined {
  const { cause } = error as Error;
  if (!isFieldError(cause)) return undefined;
  const member = cause.field();
  if (member.kind !== 'oneof') return { path: member.jsonName, description: 'must not be given twice' };
  const names = member.fields.map(({ jsonName }) => jsonName).join(', ');
  return { path: undefined, description: `only one may be given of ${names}` };
}

/** Each level decodes the rest of the body again: this limits what a malformed body can cost. */
const LOCATE_DEPTH_MAX = 8;

/** All types of the files and their imports, including nested ones. */
function registryOf(files: readonly DescFile[]): Registry {
  const all = new Set<DescFile>();
  function add(file: DescFile): void {
    if (all.has(file)) return;
    all.add(file);
    file.dependencies.forEach(add);
  }
  files.forEach(add);
  return createRegistry(...all);
}
