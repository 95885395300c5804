import type { UnsupportedMediaType } from '../faults.js';
import { packing } from '../http/compression.js';
import type { HttpRequest } from '../http/http-message.js';

const jsonPattern = /^\s*(?:application\/json|[\w.!#$&^-]+\/[\w.!#$&^+-]+\+json)\s*(?:;(.*))?$/i;
const charsetPattern = /(?:^|;)\s*charset\s*=\s*"?([^";\s]*)"?/i;

/** Whether a body that is not empty can be read as JSON, or at all when it is `raw`, by its headers. */
export function unreadableBody({ headers }: HttpRequest, raw: boolean): UnsupportedMediaType | undefined {
  const contentType = headers['content-type'];
  const contentEncoding = headers['content-encoding'];
  if (contentEncoding !== undefined && packing(contentEncoding) === undefined) {
    return { kind: 'unsupported_media_type', contentType, contentEncoding };
  }
  return raw || (contentType !== undefined && isJson(contentType))
    ? undefined
    : { kind: 'unsupported_media_type', contentType };
}

/** `application/json` or `…+json`, in UTF-8. */
export function isJson(contentType: string): boolean {
  if (contentType === 'application/json') return true;
  const match = jsonPattern.exec(contentType);
  if (match === null) return false;
  const charset = charsetPattern.exec(match[1] ?? '')?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
