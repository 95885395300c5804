import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const ID = 'https://holdfast.invalid/openapi.json';

/** Formats of numbers and of 64-bit strings, whose bounds are next to them. */
const plainFormats = ['int32', 'int64', 'uint64', 'float', 'double', 'byte'];

interface Place {
  readonly value: JsonObject;
  readonly pointer: string;
}

/** The OpenAPI document, which does not change: looked into by JSON pointer, its schemas compiled on first use. */
export class OpenApiDocument {
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #places = new Map<string, Place | undefined>();

  constructor(readonly root: JsonObject) {
    this.#ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
    addFormats.default(this.#ajv);
    for (const format of plainFormats) this.#ajv.addFormat(format, true);
    // The document itself is not a schema; only the places that are asked for are.
    this.#ajv.addVocabulary(Object.keys(root));
    this.#ajv.addSchema(root, ID, undefined, false);
  }

  /** The committed document. */
  static read(): OpenApiDocument {
    const url = new URL('../../../docs/openapi.json', import.meta.url);
    return new OpenApiDocument(JSON.parse(readFileSync(url, 'utf8')) as JsonObject);
  }

  /** The value at the pointer and its place, after following references; undefined if there is nothing. */
  at(pointer: string): Place | undefined {
    if (!this.#places.has(pointer)) this.#places.set(pointer, this.#find(pointer));
    return this.#places.get(pointer);
  }

  #find(pointer: string): Place | undefined {
    let value: Json | undefined = this.root;
    for (const key of pointer.split('/').slice(1)) {
      value = (value as JsonObject | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    if (value === undefined) return undefined;
    const { $ref } = value as JsonObject;
    return typeof $ref === 'string' ? this.at($ref.slice(1)) : { value: value as JsonObject, pointer };
  }

  /** How a value breaks the schema at the pointer; empty if it does not. */
  faults(pointer: string, value: unknown, label: string): string[] {
    let validate = this.#validators.get(pointer);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `${ID}#${encodeURI(pointer)}` });
      this.#validators.set(pointer, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${label}${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  }
}

/** A key as a part of a JSON pointer (RFC 6901). */
export function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
