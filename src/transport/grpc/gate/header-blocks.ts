import { BlockWriter } from './block-writer.js';
import { Entry, HeaderTable, STATIC_COUNT, staticEntry } from './header-table.js';
import { decodeHuffman } from './huffman.js';

/** How large a table the service allows: what HTTP/2 begins with. */
const TABLE_BYTES = 4096;
/** Longest name or value; node:http2 reads no longer one either. */
const TEXT_BYTES_MAX = 65_536;

/** Where a text is decoded. */
const scratch = Buffer.alloc(TEXT_BYTES_MAX);

const nothing: readonly Entry[] = [];

/** Where a block is. */
export interface Block {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * The headers that a client sends on a connection, block after block: https://www.rfc-editor.org/rfc/rfc7541
 *
 * A block may refer to headers of earlier blocks, by their places in a table. node:http2 has such a table, too, and does not see
 * the blocks that stop at the gate, so its table lacks their headers. Blocks that follow are then rewritten for it, until all
 * that the client's table has is in the other one, in the same places. A client whose blocks store nothing leaves both
 * tables as they are, and one whose blocks store something replaces what is in its table soon.
 */
export class HeaderBlocks {
  /** The client's table, and that of node:http2. */
  readonly #above = new HeaderTable(TABLE_BYTES);
  readonly #below = new HeaderTable(TABLE_BYTES);
  /** How many entries the client had stored when the last one was dropped. */
  #droppedAt = 0;

  #block: Buffer = scratch;
  #at = 0;
  #end = 0;
  #isUnreadable = false;
  /** Of the last block that was read: what it stored, and whether it gave the table another size. */
  #added: Entry[] = [];
  #isResized = false;

  /** The block has to be read with its fields: it cannot be passed on as it is. */
  get isApart(): boolean {
    const { stored, count, bytesMax } = this.#above;
    return stored - this.#droppedAt < count || bytesMax > this.#below.bytesMax;
  }

  /**
   * The headers of the next block. It must be passed or dropped then, unless `wanted` is false: it is passed as it is, and
   * nothing is returned of it. Undefined: nobody can read it, nor any that follows.
   */
  read({ bytes, start, end }: Block, wanted: boolean): readonly Entry[] | undefined {
    const fields = wanted ? [] : undefined;
    this.#block = bytes;
    this.#at = start;
    this.#end = end;
    if (this.#added.length > 0) this.#added = [];
    this.#isResized = false;
    while (this.#at < this.#end && !this.#isUnreadable) this.#field(fields);
    this.#block = scratch;
    if (this.#at > this.#end) this.#isUnreadable = true;
    return this.#isUnreadable ? undefined : (fields ?? nothing);
  }

  /** The last block is passed to node:http2: as returned, or as it is. */
  pass(fields: readonly Entry[], wasApart: boolean): Buffer | undefined {
    if (wasApart || this.#isResized) return this.#write(fields);
    for (const entry of this.#added) this.#store(entry);
    return undefined;
  }

  /** node:http2 is not going to see the last block. */
  drop(): void {
    if (this.#added.length > 0) this.#droppedAt = this.#above.stored;
  }

  #field(fields: Entry[] | undefined): void {
    const kind = this.#block[this.#at]!;
    if (kind & 0x80) {
      const entry = this.#entry(this.#integer(0x7f));
      if (entry === undefined) this.#isUnreadable = true;
      else fields?.push(entry);
    } else if (kind & 0x40) {
      const entry = new Entry(this.#name(this.#integer(0x3f)), this.#text());
      if (this.#isUnreadable) return;
      this.#above.add(entry);
      if (fields === undefined) {
        this.#store(entry);
      } else {
        this.#added.push(entry);
        fields.push(entry);
      }
    } else if (kind & 0x20) {
      const bytesMax = this.#integer(0x1f);
      this.#isResized = true;
      if (!this.#above.resize(bytesMax)) this.#isUnreadable = true;
      else if (fields === undefined) this.#below.resize(bytesMax);
    } else {
      const nameIndex = this.#integer(0x0f);
      if (fields !== undefined) {
        fields.push(new Entry(this.#name(nameIndex), this.#text()));
      } else {
        if (nameIndex === 0) this.#skipText();
        this.#skipText();
      }
    }
  }

  #entry(index: number): Entry | undefined {
    return index <= STATIC_COUNT ? staticEntry(index) : this.#above.at(index - STATIC_COUNT);
  }

  #name(index: number): string {
    if (index === 0) return this.#text();
    const entry = this.#entry(index);
    if (entry === undefined) this.#isUnreadable = true;
    return entry?.name ?? '';
  }

  /** `full`: the greatest number that fits into its first byte, and then means that more bytes follow. */
  #integer(full: number): number {
    let value = this.#block[this.#at++]! & full;
    if (value < full) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#block[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#isUnreadable = true;
    return 0;
  }

  #text(): string {
    const isHuffman = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end || length > TEXT_BYTES_MAX) {
      this.#isUnreadable = true;
      return '';
    }
    if (!isHuffman) return this.#block.toString('latin1', start, this.#at);
    const decoded = decodeHuffman(this.#block, start, this.#at, scratch);
    if (decoded === undefined) this.#isUnreadable = true;
    return scratch.toString('latin1', 0, decoded);
  }

  #skipText(): void {
    const length = this.#integer(0x7f);
    this.#at += length;
  }

  #store(entry: Entry): void {
    this.#below.add(entry);
    entry.passedAs = this.#below.stored;
  }

  /** The same headers for the table of node:http2, which then stores what the client has stored. */
  #write(fields: readonly Entry[]): Buffer {
    // Entries count for more than what it takes to spell them out.
    const block = Buffer.allocUnsafe(fields.reduce((sum, { bytes }) => sum + bytes, 8));
    const writer = new BlockWriter(block, 0);
    if (this.#above.bytesMax !== this.#below.bytesMax) {
      this.#below.resize(this.#above.bytesMax);
      writer.integer(0x20, 0x1f, this.#above.bytesMax);
    }
    let added = 0;
    for (const entry of fields) {
      if (entry === this.#added[added]) {
        added++;
        this.#store(entry);
        writer.literal(0x40, entry.name, entry.value);
      } else {
        const index = this.#indexBelow(entry);
        if (index > 0) writer.integer(0x80, 0x7f, index);
        else writer.literal(0x00, entry.name, entry.value);
      }
    }
    return writer.written;
  }

  /**
   * 0: it is in no table of node:http2. There, nothing leaves that the client's table still has: it is as large, and it has no
   * other headers among the newer ones.
   */
  #indexBelow({ staticIndex, passedAs }: Entry): number {
    return passedAs === 0 ? staticIndex : STATIC_COUNT + this.#below.stored - passedAs + 1;
  }
}
