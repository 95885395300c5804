import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { notRead } from '../dispatch/unreadable-request.js';
import type { Operation } from '../operations/operation.js';
import { HeadersMetadata } from './metadata.js';
import type { GrpcErrors } from './status.js';

/** Calls whose messages may be longer than those of most: they are read once their callers are known. */
export class LongCalls {
  readonly #dispatcher: Dispatcher;
  readonly #errors: GrpcErrors;

  constructor(dispatcher: Dispatcher, errors: GrpcErrors) {
    this.#dispatcher = dispatcher;
    this.#errors = errors;
  }

  /** Calls `read`, now or later, or refuses the call. */
  begin(
    operation: Operation,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    read: () => void,
  ): void {
    const metadata = new HeadersMetadata(headers);
    const known = this.#dispatcher.mayBring(operation, metadata);
    if (known === true) {
      read();
      return;
    }
    // Nobody else listens until the library has the stream.
    stream.on('error', ignore);
    const goOn = (isKnown: boolean): void => {
      if (stream.closed || stream.destroyed) return;
      if (isKnown) read();
      else void this.#refuse(operation, stream, metadata);
    };
    if (known === false) goOn(known);
    else void known.then(goOn);
  }

  async #refuse(operation: Operation, stream: ServerHttp2Stream, metadata: HeadersMetadata): Promise<void> {
    const reply = await this.#dispatcher.dispatch(operation, metadata, () => {
      throw notRead();
    });
    if (reply.ok || stream.closed || stream.destroyed) return;
    stream.respond(this.#errors.refusalOf(reply.failure, metadata.requestId), { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

function ignore(): void {}
