import { accessSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Asset } from './docs-page-asset.js';
import type { PathAnswer } from './request-listener.js';

/** Generated from the protos, committed, shipped beside the code: three folders up from here, built or not. */
const folder = new URL('../../../docs/', import.meta.url);

/** The OpenAPI document, by path. Throws when it was not shipped. */
export function openApiDocument(): ReadonlyMap<string, PathAnswer> {
  return new Map([
    ['/openapi.json', file('openapi.json', 'application/json')],
    // RFC 9512
    ['/openapi.yaml', file('openapi.yaml', 'application/yaml')],
  ]);
}

function file(name: string, contentType: string): PathAnswer {
  const url = new URL(name, folder);
  accessSync(url);
  const asset = new Asset({ contentType, read: () => readFile(url) });
  return (request, response) => asset.answer(request, response);
}
