import type { RecordIdentity } from '../../domain/inventory-record.js';
import { placeOf } from './line-counts.js';
import type { Row } from './reading/line.js';

/** Looks that are remembered; any more are ignored. */
const LOOKS_MAX = 10_000;
/** Spellings of one look that are remembered. */
const SPELLINGS_MAX = 20;

const plain = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;

/** What people see of a text: composed, without invisible characters, and with one blank between words. */
export function lookOf(text: string): string {
  if (plain.test(text)) return text;
  return text
    .replace(/[\p{Cf}\p{DI}]/gu, '')
    .replace(/\p{White_Space}+/gu, ' ')
    .trim()
    .normalize('NFC');
}

interface Spelling {
  readonly identity: RecordIdentity;
  /** `line 5`, or another place. */
  readonly place: string;
}

/**
 * Finds different records that look alike, such as `P` and `P ` with a trailing blank. At least one of the two is not
 * what it looks like, and only those are remembered. First all of them are noted, from the file and from the stock;
 * then the rows of the file are compared with them.
 */
export class Lookalikes {
  /** Look → the known records that have it. */
  readonly #spellings = new Map<string, Map<string, Spelling>>();
  /** Keys of spellings that earlier rows of the file had. */
  readonly #seen = new Set<string>();
  #areAllNoted = true;

  /** Whether there was room for all. */
  get areAllNoted(): boolean {
    return this.#areAllNoted;
  }

  /** Looks of the file's records that are not what they look like. */
  get looks(): RecordIdentity[] {
    return [...this.#spellings.keys()].map((key) => {
      const [productId = '', skuId = '', warehouseId = ''] = key.split('\0');
      return { productId, skuId, warehouseId };
    });
  }

  /** Notes a row of the file. */
  note(row: Row): void {
    const identity = identityOf(row);
    if (identity === undefined) return;
    const look = keyOf(lookOfRecord(identity));
    if (look !== keyOf(identity)) this.#room(look);
  }

  /** Notes a record in stock. */
  noteInStock(identity: RecordIdentity): void {
    const spellings = this.#room(keyOf(lookOfRecord(identity)));
    if (spellings === undefined || spellings.size >= SPELLINGS_MAX) return;
    spellings.set(keyOf(identity), { identity, place: 'in stock' });
  }

  /**
   * Describes what a row's record looks like but is not; undefined if it was reported already or looks like no other.
   */
  find(row: Row): string | undefined {
    const identity = identityOf(row);
    const spellings = identity && this.#spellings.get(keyOf(lookOfRecord(identity)));
    if (identity === undefined || spellings === undefined) return undefined;
    const key = keyOf(identity);
    if (this.#seen.has(key)) return undefined;
    if (this.#seen.size < LOOKS_MAX * SPELLINGS_MAX) this.#seen.add(key);
    const other = [...spellings].find(([known]) => known !== key)?.[1];
    if (spellings.size < SPELLINGS_MAX && !spellings.has(key)) {
      spellings.set(key, { identity, place: `of ${placeOf(row)}` });
    }
    return other === undefined ? undefined : describe(identity, other);
  }

  #room(look: string): Map<string, Spelling> | undefined {
    const there = this.#spellings.get(look);
    if (there !== undefined) return there;
    if (this.#spellings.size >= LOOKS_MAX) {
      this.#areAllNoted = false;
      return undefined;
    }
    const spellings = new Map<string, Spelling>();
    this.#spellings.set(look, spellings);
    return spellings;
  }
}

function identityOf(row: Row): RecordIdentity | undefined {
  if (row.kind !== 'usable') return undefined;
  const { productId, skuId = '', warehouseId } = row.fields;
  const isText =
    typeof productId === 'string' && typeof skuId === 'string' && typeof warehouseId === 'string';
  // No record has NUL in an id, and the database rejects it.
  if (!isText || `${productId}${skuId}${warehouseId}`.includes('\0')) return undefined;
  return { productId, skuId, warehouseId };
}

function lookOfRecord({ productId, skuId, warehouseId }: RecordIdentity): RecordIdentity {
  return { productId: lookOf(productId), skuId: lookOf(skuId), warehouseId: lookOf(warehouseId) };
}

function keyOf({ productId, skuId, warehouseId }: RecordIdentity): string {
  return `${productId}\0${skuId}\0${warehouseId}`;
}

function describe(identity: RecordIdentity, { identity: other, place }: Spelling): string {
  const differences = (['productId', 'skuId', 'warehouseId'] as const)
    .filter((column) => identity[column] !== other[column])
    .map((column) => `${column} is ${visible(identity[column])} here and ${visible(other[column])} there`);
  return `looks like the record ${place}, but is a different one: ${differences.join('; ')}`;
}

/** Quotes a text, with escapes for characters that are invisible or combine with another. */
function visible(text: string): string {
  return JSON.stringify(text).replace(
    /(?! )[\p{C}\p{Z}\p{DI}\p{M}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
