import { accessSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { PathAnswer } from '../request-listener.js';
import { Asset } from './docs-page-asset.js';

/** Committed and shipped with the code: three folders up from here, built or not. */
const folder = new URL('../../../../docs/', import.meta.url);

/** Reads a file of docs/. Throws at once when it was not shipped. */
export function readDocsFile(name: string): () => Promise<Buffer> {
  const url = new URL(name, folder);
  accessSync(url);
  return () => readFile(url);
}

/** Answers with a file of docs/. Throws if it was not shipped. */
export function docsFile(name: string, contentType: string): PathAnswer {
  const asset = new Asset({ contentType, read: readDocsFile(name) });
  return (request, response) => asset.answer(request, response);
}
