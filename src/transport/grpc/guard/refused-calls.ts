import { constants, type ServerHttp2Stream } from 'node:http2';
import { Roster } from '../../../collections/roster.js';
import type { BareReason, GrpcErrors } from '../status.js';

/**
 * Calls that are answered before their message has arrived. Mostly it comes right behind the headers, and then both sides
 * of the stream have ended. Node writes all that it has to the socket before it resets a stream, which would be a system
 * call for each refusal. So only what does not end by itself is reset.
 */
export class RefusedCalls {
  /** Refused since the last look. */
  #open = new Roster<ServerHttp2Stream>();
  #openForLong = new Roster<ServerHttp2Stream>();
  readonly #errors: GrpcErrors;

  constructor(errors: GrpcErrors) {
    this.#errors = errors;
  }

  /** Answers the call. What its client still sends is dropped. */
  refuse(stream: ServerHttp2Stream, reason: BareReason, requestId: string): void {
    stream.respond(this.#errors.bareRefusalOf(reason, requestId), { endStream: true });
    stream.resume();
    const place = this.#open.add(stream);
    stream.once('close', () => place.leave());
  }

  /** Ends those that were open at the last look, too. */
  look(): void {
    for (const stream of this.#openForLong.all()) stream.close(constants.NGHTTP2_NO_ERROR);
    this.#openForLong = this.#open;
    this.#open = new Roster();
  }
}
