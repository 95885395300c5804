import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from '@bufbuild/protobuf';
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { type Any, anyUnpack, hasCustomJsonRepresentation, isWrapperDesc } from '@bufbuild/protobuf/wkt';
import { LEGACY_REQUIRED } from '../fields/required-fields.js';
import { type ElementWriter, enumWriter, scalarWriter } from './json-values.js';

type Values = Readonly<Record<string, unknown>>;

/** Adds a field of a message to the message's JSON. */
type FieldWriter = (message: Values, json: JsonObject) => void;

/** How a message says that it has nothing to say of a field. */
export interface Omissions {
  /** Fields with presence that are written as null when they are unset. */
  nullWhenUnset?(field: DescField): boolean;
  /** Lists that are left out when they are empty. */
  leftOutWhenEmpty?(field: DescField): boolean;
}

/** Presence of proto3's bare scalars; the library does not export its name. */
const IMPLICIT = 2;

/**
 * Writes messages as JSON, as the library's `toJson` does with `alwaysEmitImplicit`, but several times as fast: it
 * decides once per field what to do, instead of reflecting on every message. Messages with their own JSON form
 * (Timestamp, Struct, …) are left to the library.
 */
export class JsonWriter {
  readonly #writers = new Map<DescMessage, readonly FieldWriter[]>();

  readonly #registry: Registry;
  readonly #omissions: Omissions;

  constructor(registry: Registry, omissions: Omissions) {
    this.#registry = registry;
    this.#omissions = omissions;
  }

  /** @throws when a field holds what its type does not allow. */
  write(desc: DescMessage, message: Message): JsonValue {
    if (message.$typeName !== desc.typeName) throw new Error(`${message.$typeName} is not ${desc.typeName}`);
    if (hasCustomJsonRepresentation(desc)) return this.#writeCustom(desc, message);
    const json: JsonObject = {};
    for (const write of this.#writersOf(desc)) write(message as unknown as Values, json);
    if (message.$unknown !== undefined && desc.proto.extensionRange.length > 0) {
      this.#writeExtensions(desc, message, json);
    }
    return json;
  }

  /** Rare enough to be left to the library, which writes the fields as well. */
  #writeExtensions(desc: DescMessage, message: Message, json: JsonObject): void {
    const all = toJson(desc, message, { registry: this.#registry }) as JsonObject;
    for (const [key, value] of Object.entries(all)) if (key.startsWith('[')) json[key] = value;
  }

  /** One field's value; undefined when it is unset and has no zero value. */
  writeField(desc: DescMessage, message: Message, field: DescField): JsonValue | undefined {
    if (message.$typeName !== desc.typeName) throw new Error(`${message.$typeName} is not ${desc.typeName}`);
    const json: JsonObject = {};
    this.#fieldWriter(field)(message as unknown as Values, json);
    return json[field.jsonName];
  }

  #writersOf(desc: DescMessage): readonly FieldWriter[] {
    let writers = this.#writers.get(desc);
    if (writers === undefined) {
      const fields = [...desc.fields].sort((a, b) => a.number - b.number);
      writers = fields.map((f) => this.#fieldWriter(f));
      this.#writers.set(desc, writers);
    }
    return writers;
  }

  #fieldWriter(field: DescField): FieldWriter {
    const { jsonName, localName } = field;
    const write = this.#valueWriter(field);
    if (field.fieldKind === 'list' && this.#omissions.leftOutWhenEmpty?.(field)) {
      return (message, json) => {
        const list = message[localName] as unknown[];
        if (list.length > 0) json[jsonName] = write(list, message);
      };
    }
    if (field.oneof === undefined && field.presence === IMPLICIT) {
      return (message, json) => {
        json[jsonName] = write(message[localName], message);
      };
    }
    const isNull = this.#omissions.nullWhenUnset?.(field) === true;
    const unset = (json: JsonObject): void => {
      if (field.presence === LEGACY_REQUIRED) throw new Error(`${field.toString()} is required`);
      if (isNull) json[jsonName] = null;
    };
    const { oneof } = field;
    if (oneof !== undefined) {
      return (message, json) => {
        const chosen = message[oneof.localName] as { case?: string; value?: unknown };
        if (chosen.case === localName) json[jsonName] = write(chosen.value, message);
        else unset(json);
      };
    }
    return (message, json) => {
      // Default values are on the prototype.
      const value = Object.hasOwn(message, localName) ? message[localName] : undefined;
      if (value === undefined) unset(json);
      else json[jsonName] = write(value, message);
    };
  }

  /** Writes what the field's property holds. */
  #valueWriter(field: DescField): (value: unknown, message: Values) => JsonValue {
    if (field.message?.typeName === 'google.protobuf.Struct') return this.#structWriter(field);
    const write = this.#elementWriter(field);
    switch (field.fieldKind) {
      case 'list':
        return (value) => (value as unknown[]).map(write);
      case 'map':
        return (value) => {
          const json: JsonObject = {};
          for (const [key, element] of Object.entries(value as object)) json[key] = write(element);
          return json;
        };
      default:
        return write;
    }
  }

  #elementWriter(field: DescField): ElementWriter {
    if (field.scalar !== undefined) return scalarWriter(field, field.scalar);
    if (field.enum !== undefined) return enumWriter(field, field.enum);
    const desc = field.message!;
    if (isWrapperDesc(desc) && field.fieldKind === 'message' && field.oneof === undefined) {
      // The property holds the value itself.
      return scalarWriter(field, desc.fields[0].scalar);
    }
    return (value) => this.write(desc, value as Message);
  }

  /** Properties hold a Struct as plain JSON, which only reflection turns into the message that can be checked. */
  #structWriter(field: DescField): (value: unknown, message: Values) => JsonValue {
    const write = (struct: ReflectMessage): JsonValue => toJson(struct.desc, struct.message) as JsonValue;
    return (_, message) => {
      const value: unknown = reflect(field.parent, message as unknown as Message).get(field);
      if (field.fieldKind === 'list') return [...(value as ReflectList<ReflectMessage>)].map(write);
      if (field.fieldKind !== 'map') return write(value as ReflectMessage);
      const entries = [...(value as ReflectMap<string, ReflectMessage>)].map(([key, s]) => [key, write(s)]);
      return Object.fromEntries(entries) as JsonObject;
    };
  }

  #writeCustom(desc: DescMessage, message: Message): JsonValue {
    if (desc.typeName !== 'google.protobuf.Any') {
      return toJson(desc, message, { registry: this.#registry }) as JsonValue;
    }
    const any = message as Any;
    if (any.typeUrl === '') return {};
    const content = anyUnpack(any, this.#registry);
    const contentDesc = content && this.#registry.getMessage(content.$typeName);
    if (contentDesc === undefined) throw new Error(`"${any.typeUrl}" is not among the services' types`);
    const json = this.write(contentDesc, content as Message);
    const members = hasCustomJsonRepresentation(contentDesc) ? { value: json } : (json as JsonObject);
    return { ...members, '@type': any.typeUrl };
  }
}
