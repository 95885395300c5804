import { randomBytes } from 'node:crypto';

/** A new id: the prefix and 12 characters of `A-Z a-z 0-9`, from 72 random bits. */
export function newId(prefix: 'inv' | 'mer'): string {
  return `${prefix}_${randomBytes(9).toString('base64url').replace(/[-_]/g, 'x')}`;
}
