import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Message } from '@bufbuild/protobuf';
import type { Call } from '../call.js';
import { type Headers, type HttpRequest, type HttpResponse, isHttp2 } from '../http/http-message.js';

/** How a source's messages are sent. */
export interface StreamManner {
  /** What is sent for a message. */
  encode(message: Message): string | Uint8Array;
  /**
   * The last words of a stream whose source or encoder threw, or, with a `TimeoutError`, whose client stalls;
   * undefined: the connection breaks instead.
   */
  lastWords(error: unknown, request: HttpRequest): string | undefined;
  /** Sent when nothing else was for `heartbeatMs`; undefined: nothing is. */
  readonly heartbeat: string | undefined;
  /** 0: never. */
  readonly heartbeatMs: number;
  /** How long a client may leave unread what was sent. */
  readonly stalledMs: number;
}

/**
 * Sends the messages of a source as they come.
 *
 * Purpose: one message is in hand at a time. The next is asked for when the client has taken what was written, so a
 * slow client slows its own source and costs a socket's buffer. Trade-off: a client that takes nothing at all holds
 * its source for `stalledMs`.
 *
 * Ends in one of four ways: the source is done; it throws (the client gets last words); the client goes away; the
 * client stalls (its last words wait behind what it left unread, and when it does not come back for them within
 * `stalledMs` more, it is cut off). In the last two the call's signal is aborted and the source's `return` is called,
 * but not awaited: a generator cannot return while it waits for its next message, unless it heeds the signal.
 */
export class StreamResponse {
  /** The socket's buffer is full; no message is requested until it drains. */
  #full = false;
  /** The client is gone, or was given up on. Final. */
  #gone = false;
  /** Ends the loop's current wait, if any. */
  #wake: (() => void) | undefined;
  /** Runs while the connection is silent. */
  #heartbeat: NodeJS.Timeout | undefined;
  /** Runs while the buffer is full. */
  #stall: NodeJS.Timeout | undefined;

  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #call: Call;
  readonly #manner: StreamManner;

  constructor(request: HttpRequest, response: HttpResponse, call: Call, manner: StreamManner) {
    this.#request = request;
    this.#response = response;
    this.#call = call;
    this.#manner = manner;
  }

  /** Sends status and headers immediately. @throws if the headers cannot be sent; nothing was sent then. */
  begin(headers: Headers): void {
    const request = this.#request;
    const response = this.#response;
    const call = this.#call;
    const { signal } = call;
    if (signal.aborted) {
      this.#gone = true;
      return;
    }
    (response as ServerResponse).writeHead(200, headers);
    signal.addEventListener('abort', () => {
      this.#gone = true;
      this.#wake?.();
    });
    response.on('error', () => {});
    response.on('drain', () => {
      this.#full = false;
      clearTimeout(this.#stall);
      this.#wake?.();
    });
    response.on('close', () => clearTimeout(this.#stall));
    if (request.method === 'HEAD') {
      response.end();
      call.abort();
    } else (response as ServerResponse).flushHeaders();
  }

  /** Sends the messages. Never rejects. */
  async run(messages: AsyncIterable<Message>): Promise<void> {
    const iterator = messages[Symbol.asyncIterator]();
    this.#startHeartbeat();
    const finished = await this.#pump(iterator);
    clearTimeout(this.#heartbeat);
    // The source may wait for a message that never comes, and may fail while closing: nobody is left to care.
    if (!finished) iterator.return?.()?.then(undefined, () => {});
    if (!this.#gone) this.#response.end();
  }

  /** Whether the source ended by itself. */
  async #pump(iterator: AsyncIterator<Message>): Promise<boolean> {
    try {
      for (;;) {
        if (this.#full) await this.#drained();
        if (this.#gone) return false;
        const next = await this.#next(iterator);
        if (next === undefined) return false;
        if (next.done === true) return true;
        this.#write(this.#manner.encode(next.value));
      }
    } catch (error) {
      if (this.#gone) return false;
      const words = this.#manner.lastWords(error, this.#request);
      if (words === undefined) this.#cutOff(constants.NGHTTP2_INTERNAL_ERROR);
      else this.#write(words);
      return false;
    }
  }

  /** Undefined if the client leaves first. */
  #next(iterator: AsyncIterator<Message>): Promise<IteratorResult<Message> | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.#gone) resolve(undefined);
      };
      iterator.next().then(resolve, reject);
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #write(chunk: string | Uint8Array): void {
    this.#heartbeat?.refresh();
    if ((this.#response as ServerResponse).write(chunk) || this.#full) return;
    this.#full = true;
    this.#stall = setTimeout(() => this.#giveUp(), this.#manner.stalledMs);
  }

  /** Stops the source, and leaves a final message for a client that comes back in time. */
  #giveUp(): void {
    const manner = this.#manner;
    const call = this.#call;
    const response = this.#response;
    const request = this.#request;
    const reason = new DOMException('the client left what was sent unread', 'TimeoutError');
    const words = manner.lastWords(reason, request);
    call.abort(reason);
    const cut = (): void => this.#cutOff(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    if (words === undefined) cut();
    else {
      response.end(words);
      this.#stall = setTimeout(cut, manner.stalledMs);
    }
  }

  #startHeartbeat(): void {
    const { heartbeat, heartbeatMs } = this.#manner;
    if (heartbeat === undefined || heartbeatMs === 0 || this.#gone) return;
    this.#heartbeat = setTimeout(() => {
      // A client that has not yet taken what was written needs no heartbeat.
      if (this.#full) this.#heartbeat?.refresh();
      else this.#write(heartbeat);
    }, heartbeatMs);
  }

  /** Breaks the connection, so that the client cannot take a partial response for the whole. */
  #cutOff(http2Code: number): void {
    if (isHttp2(this.#request)) this.#request.stream.close(http2Code);
    else this.#response.destroy();
    this.#call.abort();
  }
}
