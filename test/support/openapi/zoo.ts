import { readFileSync } from 'node:fs';
import { type Json, type JsonObject, OpenApiDocument } from './document.js';

/** The generator's output for test/proto/openapi, which `npm run generate` writes. */
const folder = new URL('../../golden/openapi/', import.meta.url);

export const zooYaml = readFileSync(new URL('openapi.yaml', folder), 'utf8');
export const zooRoot = JSON.parse(readFileSync(new URL('openapi.json', folder), 'utf8')) as JsonObject;
export const zoo = new OpenApiDocument(zooRoot);

/** The value at a path of keys separated by spaces; `/` in a path's name needs no escape. */
export function at(place: string): Json | undefined {
  return place
    .split(' ')
    .reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], zooRoot);
}

export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

export const int32 = { type: 'integer', format: 'int32', minimum: -2147483648, maximum: 2147483647 };
export const feed = 'paths /v1/animals/{animalId}/feed post';
export const find = 'paths /v1/animals get';
export const move = 'paths /v1/houses/{place.name.1}/cages/{place.name.2}:move patch';
export const paint = 'paths /v1/{wildcard1}/houses/main/walls/{place.name}/{rest} put';
export const search = 'paths /v1/animals:search post';
export const watch = 'paths /v1/animals/watch get';
