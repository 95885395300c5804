import { escaped, type Json, type JsonObject, type OpenApiDocument } from './document.js';

/**
 * The one spelling of a request body that the schemas describe. The document says in words what else the service
 * takes: `snake_case` names, null for absent, numbers as strings, enums by number, `__proto__` as a key.
 */
export function strictSpelling(document: OpenApiDocument, pointer: string, json: Json): Json {
  const schema = document.at(pointer);
  if (schema === undefined) return json;
  const { value, pointer: at } = schema;
  if (Array.isArray(json)) return json.map((item) => strictSpelling(document, `${at}/items`, item));
  if (typeof json === 'string' && value.type === 'integer' && isDecimal(json)) return Number(json);
  if (typeof json === 'number') return nameOf(value, json);
  if (json === null || typeof json !== 'object') return json;
  const strict: JsonObject = Object.create(null);
  for (const [key, item] of Object.entries(json)) {
    const properties = value.properties as JsonObject | undefined;
    if (key === '__proto__' && properties !== undefined) continue;
    const name = properties?.[key] === undefined ? camelCase(key) : key;
    if (properties === undefined) strict[key] = strictSpelling(document, `${at}/additionalProperties`, item);
    else if (properties[name] === undefined) strict[key] = item;
    else if (item !== null && !isNoName(document.at(`${at}/properties/${escaped(name)}`)!.value, item))
      strict[name] = strictSpelling(document, `${at}/properties/${escaped(name)}`, item);
  }
  return strict;
}

/** Whether a value means no name of an enum: the zero that the document leaves out. */
export function isNoName({ type, enum: names }: JsonObject, value: Json): boolean {
  return type === 'string' && names !== undefined && value === 0;
}

/** The value that a parameter's text stands for. */
export function parameterValue(schema: JsonObject, texts: readonly string[]): Json {
  if (schema.type === 'array') return texts.map((text) => parameterValue(schema.items as JsonObject, [text]));
  const text = texts[texts.length - 1]!;
  if (/^\d+$/.test(text) && typeof nameOf(schema, Number(text)) === 'string')
    return nameOf(schema, Number(text));
  if (schema.type === 'integer' || schema.type === 'number')
    return /^-?\d+$/.test(text) ? Number(text) : text;
  return schema.type === 'boolean' && /^(true|false)$/.test(text) ? text === 'true' : text;
}

/** The name that a number stands for: the document leaves out 0, and lists the others in their order. */
function nameOf({ type, enum: names }: JsonObject, number: number): Json {
  return type === 'string' && Array.isArray(names) ? (names[number - 1] ?? number) : number;
}

/** A decimal as JSON writes it, but zeros may lead; few enough digits that none is rounded away. */
function isDecimal(text: string): boolean {
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) && text.length <= 15;
}

/** Whether a stream continues after the event that a header names, so that `afterId` is ignored. */
export function isResumedByHeader(
  parameters: readonly Json[],
  headers: Readonly<Record<string, string>>,
): boolean {
  const isTaken = parameters.some((parameter) => {
    return String((parameter as JsonObject).$ref).endsWith('/Last-Event-ID');
  });
  return isTaken && (headers['last-event-id'] ?? '') !== '';
}

/** The media type under which the document describes a body of this content type. */
export function strictMediaType(contentType = ''): string {
  const [type = ''] = contentType.toLowerCase().split(';');
  return type.trim().replace(/^[^/]+\/.+\+json$/, 'application/json');
}

export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
