import type { PathAnswer } from '../request-listener.js';
import { docsFile } from './docs-file.js';

/** The OpenAPI document, generated from the protos, by path. Throws if it was not shipped. */
export function openApiDocument(): ReadonlyMap<string, PathAnswer> {
  return new Map([
    ['/openapi.json', docsFile('openapi.json', 'application/json')],
    // RFC 9512
    ['/openapi.yaml', docsFile('openapi.yaml', 'application/yaml')],
  ]);
}
