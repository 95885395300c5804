import type { PathAnswer } from '../request-listener.js';
import { docsFile } from './docs-file.js';

/** The OpenAPI documents, for callers and for operators, generated from the protos, by path. Throws if one was not shipped. */
export function openApiDocument(): ReadonlyMap<string, PathAnswer> {
  return new Map([
    ['/openapi.json', docsFile('openapi.json', 'application/json')],
    // RFC 9512
    ['/openapi.yaml', docsFile('openapi.yaml', 'application/yaml')],
    ['/openapi-merchants.json', docsFile('openapi-merchants.json', 'application/json')],
    ['/openapi-merchants.yaml', docsFile('openapi-merchants.yaml', 'application/yaml')],
  ]);
}
