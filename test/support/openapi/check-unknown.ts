import type { Json, JsonObject, OpenApiDocument } from './document.js';
import type { Exchange } from './exchange.js';
import { camelCase } from './leniency.js';
import { queryPairs } from './query.js';
import type { Operation } from './routes.js';

/** Parameters and fields of a request that the document does not know, and the service ignores. */
export function unknownParts(document: OpenApiDocument, operation: Operation, exchange: Exchange): string[] {
  const parameters = (operation.value.parameters ?? []) as Json[];
  const known = parameters.map((_, i) => document.at(`${operation.pointer}/parameters/${i}`)!.value);
  const names = known.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const given = queryPairs(exchange.target).map(([name]) => name);
  const unknown = given.filter((name) => !names.includes(camelCase(name)));
  const schema = `${operation.pointer}/requestBody/content/application~1json/schema`;
  return [
    ...unknown.map((name) => `query ${name}`),
    ...unknownFields(document, schema, jsonOf(exchange.requestBody)).map((name) => `field ${name}`),
  ];
}

function unknownFields(document: OpenApiDocument, pointer: string, json: Json): string[] {
  const { value, pointer: at } = document.at(pointer) ?? { value: {} as JsonObject, pointer };
  if (Array.isArray(json)) return json.flatMap((item) => unknownFields(document, `${at}/items`, item));
  if (json === null || typeof json !== 'object' || value.additionalProperties !== undefined) return [];
  const properties = (value.properties ?? {}) as JsonObject;
  return Object.entries(json).flatMap(([key, item]) => {
    const name = properties[key] === undefined ? camelCase(key) : key;
    return properties[name] === undefined ? [key] : unknownFields(document, `${at}/properties/${name}`, item);
  });
}

function jsonOf(text: string | undefined): Json {
  try {
    return JSON.parse(text ?? 'null') as Json;
  } catch {
    return null;
  }
}
