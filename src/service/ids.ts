import { randomFillSync } from 'node:crypto';

const ID_BYTES = 9;
const pool = Buffer.alloc(ID_BYTES * 512);
let used = pool.length;

/** Makes a new id: the prefix and 12 characters of `A-Z a-z 0-9`, from 72 random bits. */
export function newId(prefix: 'inv' | 'mer'): string {
  // Asking the system for each id would cost an import a tenth of its time.
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString('base64url', used, used + ID_BYTES);
  used += ID_BYTES;
  return `${prefix}_${random.replace(/[-_]/g, 'x')}`;
}
