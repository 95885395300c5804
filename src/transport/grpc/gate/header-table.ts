/** The tables of HPACK: https://www.rfc-editor.org/rfc/rfc7541#section-2.3 */

/** What an entry counts for in addition to its texts. */
const ENTRY_BYTES = 32;

/** A header. One that is in a table is read once, and serves many calls. */
export class Header {
  /** Whether it is what it seems to be (`plainHeaders`); undefined: nobody has looked. */
  isPlain: boolean | undefined;

  constructor(
    readonly name: string,
    readonly value: string,
  ) {}

  /** What it counts for in a table, and in a list of headers (RFC 9113, 6.5.2). */
  get bytes(): number {
    return this.name.length + this.value.length + ENTRY_BYTES;
  }
}

const STATIC_HEADERS = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

/** The static table, from index 1. */
const staticEntries: readonly Header[] = STATIC_HEADERS.split('\n').map((header) => {
  const [name, ...value] = header.split(' ');
  return new Header(name!, value.join(' '));
});

export function staticEntry(index: number): Header | undefined {
  return staticEntries[index - 1];
}

/** How many entries the static table has. */
export const STATIC_COUNT = staticEntries.length;

/** A dynamic table. Its newest entry comes first. */
export class HeaderTable {
  readonly #entries: (Header | undefined)[];
  readonly #mask: number;
  readonly #limit: number;
  #stored = 0;
  #count = 0;
  #bytes = 0;
  #bytesMax: number;

  /** `limit`: how many bytes it may have at most. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#bytesMax = limit;
    let slots = 1;
    while (slots * ENTRY_BYTES < limit) slots *= 2;
    this.#entries = new Array(slots).fill(undefined);
    this.#mask = slots - 1;
  }

  /** From 1. Undefined: there is none. */
  at(index: number): Header | undefined {
    return index > this.#count ? undefined : this.#entries[(this.#stored - index) & this.#mask];
  }

  add(entry: Header): void {
    const { bytes } = entry;
    this.#makeRoom(bytes);
    if (bytes > this.#bytesMax) return;
    this.#entries[this.#stored++ & this.#mask] = entry;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Returns whether it may have that size. */
  resize(bytesMax: number): boolean {
    if (bytesMax > this.#limit) return false;
    this.#bytesMax = bytesMax;
    this.#makeRoom(0);
    return true;
  }

  #makeRoom(bytes: number): void {
    while (this.#count > 0 && this.#bytes + bytes > this.#bytesMax) {
      const place = (this.#stored - this.#count) & this.#mask;
      this.#bytes -= this.#entries[place]!.bytes;
      this.#entries[place] = undefined;
      this.#count--;
    }
  }
}
