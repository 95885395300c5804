const nothing = Buffer.alloc(0);

/**
 * What is left of a read from a connection when parts are taken out of it. It is moved together where it is: where a flood is
 * refused, a read of 64 KiB has hundreds of such parts.
 */
export class PassedBytes {
  #bytes: Buffer = nothing;
  /** What is passed: from `start` to `end`, and from `rest` on, as far as that has been looked at. */
  #start = 0;
  #end = 0;
  #rest = 0;
  /** What is passed before that. */
  #before: Buffer[] = [];
  #writtenBytes = 0;

  /** How much was written instead of what was there. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#start = this.#end = this.#rest = this.#writtenBytes = 0;
  }

  /** Takes out what is between `at` and `end`. Parts come in their order. */
  replace(at: number, end: number, instead?: Buffer): void {
    if (this.#end < this.#rest) this.#bytes.copyWithin(this.#end, this.#rest, at);
    this.#end += at - this.#rest;
    this.#rest = end;
    if (instead === undefined) return;
    this.#before.push(this.#bytes.subarray(this.#start, this.#end), instead);
    this.#start = this.#end;
    this.#writtenBytes += instead.length;
  }

  /** What is left of all that comes before `at`. */
  upTo(at: number): Buffer {
    this.replace(at, this.#bytes.length);
    const last = this.#bytes.subarray(this.#start, this.#end);
    const passed = this.#before.length === 0 ? last : Buffer.concat([...this.#before, last]);
    this.#bytes = nothing;
    this.#before = [];
    return passed;
  }
}
