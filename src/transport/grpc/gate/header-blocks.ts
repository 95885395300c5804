import { HEADERS_BYTES_MAX, HEADERS_MAX } from '../../http2.js';
import { Header, HeaderTable, STATIC_COUNT, staticEntry } from './header-table.js';
import { decodeHuffman } from './huffman.js';

/** How large a table the service allows: what HTTP/2 begins with. */
const TABLE_BYTES = 4096;
/** Longest name or value; node:http2 reads no longer one either. */
const TEXT_BYTES_MAX = 65_536;

/** Where a text is decoded. */
const scratch = Buffer.alloc(TEXT_BYTES_MAX);

/** Where a block is. */
export interface Block {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Reads the headers that a client sends on a connection, block after block: https://www.rfc-editor.org/rfc/rfc7541 */
export class HeaderBlocks {
  /** A block may refer to headers of earlier ones by their places here. */
  readonly #table = new HeaderTable(TABLE_BYTES);

  #block: Buffer = scratch;
  #at = 0;
  #end = 0;
  #isUnreadable = false;
  /** What the headers of the block count for. */
  #listBytes = 0;

  /**
   * The headers of the next block; of one that has more than node:http2 takes, so many that it has more than that. A few bytes can
   * name all of a table again and again. Undefined: nobody can read it, nor any that follows.
   */
  read({ bytes, start, end }: Block): Header[] | undefined {
    const headers: Header[] = [];
    this.#listBytes = 0;
    this.#block = bytes;
    this.#at = start;
    this.#end = end;
    while (this.#at < this.#end && !this.#isUnreadable) this.#header(headers);
    this.#block = scratch;
    if (this.#at > this.#end) this.#isUnreadable = true;
    return this.#isUnreadable ? undefined : headers;
  }

  #header(headers: Header[]): void {
    const kind = this.#block[this.#at]!;
    if (kind & 0x80) {
      const header = this.#entry(this.#integer(0x7f));
      if (header === undefined) this.#isUnreadable = true;
      else this.#list(headers, header);
    } else if (kind & 0x40) {
      const header = new Header(this.#name(this.#integer(0x3f)), this.#text());
      this.#list(headers, header);
      this.#table.add(header);
    } else if (kind & 0x20) {
      // Only a block's first words may be of the table's size.
      const isAllowed = headers.length === 0 && this.#table.resize(this.#integer(0x1f));
      if (!isAllowed) this.#isUnreadable = true;
    } else {
      this.#list(headers, new Header(this.#name(this.#integer(0x0f)), this.#text()));
    }
  }

  #list(headers: Header[], header: Header): void {
    if (headers.length > HEADERS_MAX || this.#listBytes > HEADERS_BYTES_MAX) return;
    headers.push(header);
    this.#listBytes += header.bytes;
  }

  #entry(index: number): Header | undefined {
    return index <= STATIC_COUNT ? staticEntry(index) : this.#table.at(index - STATIC_COUNT);
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
}
