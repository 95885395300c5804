import { type Place, Roster } from '../collections/roster.js';
import type { HeldBody } from '../transcoding/index.js';

/** Of the room, what long bodies and streams may fill: calls with short bodies always find some. */
const LONG_SHARE = 3 / 4;

/** What a stream holds: commands in progress. */
export interface HeldStream {
  /** Whether others need the room. A stream that holds nothing may read on all the same. */
  readonly isTight: boolean;
  add(bytes: number): void;
  subtract(bytes: number): void;
}

/**
 * Room in memory for the bodies and messages that are being read or are in progress, of both ports together.
 *
 * Anybody can begin a short body and leave it unfinished. So when room runs out, unfinished short bodies are given up,
 * the oldest first; if there is none, the body that needs the room is refused. A long body is one that is longer than
 * most calls may have: its caller is known, and it is never given up, so that uploads do not push each other out.
 */
export class BodyRoom {
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #unfinished = new Roster<Body>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** `giveUp` refuses a short body whose room others need. */
  hold(isLong: boolean, giveUp: () => void): HeldBody {
    return new Body(isLong, giveUp, this.#takeFor, this.#unfinished);
  }

  holdStream(): HeldStream {
    const room = this;
    return {
      get isTight() {
        return room.#bytes >= room.#bytesMax * LONG_SHARE;
      },
      add: (bytes) => {
        room.#bytes += bytes;
      },
      subtract: (bytes) => {
        room.#bytes -= bytes;
      },
    };
  }

  readonly #takeFor = (body: Body, bytes: number): boolean => {
    const bytesMax = body.isLong ? this.#bytesMax * LONG_SHARE : this.#bytesMax;
    while (bytes > 0 && this.#bytes + bytes > bytesMax) {
      const { oldest } = this.#unfinished;
      if (oldest === undefined || oldest === body) return false;
      oldest.giveUp();
    }
    this.#bytes += bytes;
    return true;
  };
}

class Body implements HeldBody {
  #bytes = 0;
  #isFree = false;
  readonly #giveUp: () => void;
  readonly #take: (body: Body, bytes: number) => boolean;
  readonly #unfinished: Roster<Body>;
  #place: Place | undefined;

  constructor(
    readonly isLong: boolean,
    giveUp: () => void,
    take: (body: Body, bytes: number) => boolean,
    unfinished: Roster<Body>,
  ) {
    this.#giveUp = giveUp;
    this.#take = take;
    this.#unfinished = unfinished;
  }

  grow(bytes: number): boolean {
    if (this.#isFree || !this.#take(this, bytes)) return false;
    if (!this.isLong) this.#place ??= this.#unfinished.add(this);
    this.#bytes += bytes;
    return true;
  }

  keep(): void {
    this.#place?.leave();
  }

  free(): void {
    this.#place?.leave();
    this.#take(this, -this.#bytes);
    this.#bytes = 0;
    this.#isFree = true;
  }

  giveUp(): void {
    this.free();
    this.#giveUp();
  }
}
