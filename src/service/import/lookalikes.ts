import type { RecordIdentity } from '../../domain/inventory-record.js';
import { placeOf } from './line-counts.js';
import type { Row } from './reading/line.js';

/** Looks that are remembered; more are not looked at. */
const LOOKS_MAX = 10_000;
/** Of one look. */
const SPELLINGS_MAX = 20;

const plain = /^(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/;

/** What people see of a text: without characters that do not show, with one blank for all between words, composed. */
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
  /** `line 5`, or where else it is. */
  readonly place: string;
}

/**
 * Finds records that look alike and are different ones: `P` and `P ` with a blank behind it. At least one of two such
 * is not what it looks like, and only these are remembered: first they are all noted, of the file and of the stock, then
 * the rows of the file are held against them.
 */
export class Lookalikes {
  /** By look: the records that have it and are known by now. */
  readonly #spellings = new Map<string, Map<string, Spelling>>();
  /** Keys of spellings that rows of the file had already. */
  readonly #seen = new Set<string>();
  #areAllNoted = true;

  /** Whether there was no room for some. */
  get areAllNoted(): boolean {
    return this.#areAllNoted;
  }

  /** Looks of records of the file that are not what they look like. */
  get looks(): RecordIdentity[] {
    return [...this.#spellings.keys()].map((key) => {
      const [productId = '', skuId = '', warehouseId = ''] = key.split('\0');
      return { productId, skuId, warehouseId };
    });
  }

  /** Of a row of the file. */
  note(row: Row): void {
    const identity = identityOf(row);
    if (identity === undefined) return;
    const look = keyOf(lookOfRecord(identity));
    if (look !== keyOf(identity)) this.#room(look);
  }

  /** Of a record in stock. */
  noteInStock(identity: RecordIdentity): void {
    const spellings = this.#room(keyOf(lookOfRecord(identity)));
    if (spellings === undefined || spellings.size >= SPELLINGS_MAX) return;
    spellings.set(keyOf(identity), { identity, place: 'in stock' });
  }

  /** What a row's record looks like and is not; undefined for one that is told already, or like no other. */
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
  // No record has NUL in an id, and the database would not even be asked for one.
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
  return `looks like the record ${place}, and is another: ${differences.join('; ')}`;
}

/** In quotes, with escapes for what does not show, or shows as a part of another character. */
function visible(text: string): string {
  return JSON.stringify(text).replace(
    /(?! )[\p{C}\p{Z}\p{DI}\p{M}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
