import { acceptsGzip } from '../http/accept.js';
import { isWorthPacking, pack } from '../http/compression.js';
import type { Headers, HttpRequest, HttpResponse } from '../http/http-message.js';
import type { ReadyAnswer } from '../options.js';
import { type Outgoing, respond, respondAndClose } from './respond.js';

/** When the host's own renderer fails. */
export const bareFailure: ReadyAnswer = { status: 500, body: '{}' };

/** Sends the one response of an exchange, compressed if that is wanted and worthwhile. Never throws. */
export class Responder {
  /** Headers of every response. */
  common: Headers | undefined;
  #leavesBody = false;

  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #gzipBytesMin: number;
  /** The answer in place of one that cannot be sent. */
  readonly #failure: (error: unknown) => ReadyAnswer;

  constructor(
    request: HttpRequest,
    response: HttpResponse,
    gzipBytesMin: number,
    failure: (error: unknown) => ReadyAnswer,
  ) {
    this.#request = request;
    this.#response = response;
    this.#gzipBytesMin = gzipBytesMin;
    this.#failure = failure;
  }

  /** The request's body will not be read. */
  leavesBody(): void {
    this.#leavesBody = true;
  }

  send(outgoing: Outgoing): void {
    if (this.#leavesBody) this.sendAndClose(outgoing);
    // A string has at least half as many characters as UTF-8 bytes in what is sent here: cheap to rule out.
    else if (
      outgoing.body.length >= this.#gzipBytesMin &&
      isWorthPacking(outgoing.contentType ?? 'application/json')
    ) {
      this.#sendPacked(outgoing);
    } else this.#sendAsItIs(outgoing);
  }

  sendAndClose(outgoing: Outgoing): void {
    try {
      respondAndClose(this.#request, this.#response, outgoing, this.common);
    } catch (error) {
      this.#sendFailure(error);
    }
  }

  /** The host's headers cannot be sent. If they are those of every response, only a status is left. */
  #sendFailure(error: unknown): void {
    const request = this.#request;
    const response = this.#response;
    const answer = this.#failure(error);
    try {
      if (response.headersSent) response.destroy();
      else respond(request, response, answer, this.common);
    } catch {
      respond(request, response, bareFailure, undefined);
    }
  }

  #sendPacked(outgoing: Outgoing): void {
    const headers = { ...outgoing.headers, vary: joined(outgoing.headers?.vary, 'accept-encoding') };
    const wanted = acceptsGzip(this.#request.headers);
    if (!wanted) {
      this.#sendAsItIs({ ...outgoing, headers });
      return;
    }
    pack(outgoing.body, (packed) => {
      if (packed === undefined) this.#sendAsItIs({ ...outgoing, headers });
      else
        this.#sendAsItIs({ ...outgoing, body: packed, headers: { ...headers, 'content-encoding': 'gzip' } });
    });
  }

  #sendAsItIs(outgoing: Outgoing): void {
    try {
      respond(this.#request, this.#response, outgoing, this.common);
    } catch (error) {
      this.#sendFailure(error);
    }
  }
}

function joined(list: string | undefined, more: string): string {
  return list === undefined ? more : `${list}, ${more}`;
}
