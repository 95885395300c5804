/** Somebody who was seen within this time is present. */
const PRESENT_MS = 1000;

/** Tells whether anybody else is present, by the last two who were seen. */
export class Presence {
  #last = { name: '', atMs: Number.NEGATIVE_INFINITY };
  #other = { name: '', atMs: Number.NEGATIVE_INFINITY };

  see(name: string, atMs: number): void {
    if (this.#last.name !== name) {
      this.#other = this.#last;
      this.#last = { name, atMs };
    } else {
      this.#last.atMs = atMs;
    }
  }

  isAlone(name: string, nowMs: number): boolean {
    const other = this.#last.name === name ? this.#other : this.#last;
    return nowMs - other.atMs >= PRESENT_MS;
  }
}
