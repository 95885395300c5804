import type { DescMethod, Message } from '@bufbuild/protobuf';
import { type HttpRequest, type HttpResponse, isHttp2 } from './http/http-message.js';
import type { TranscodedCall } from './options.js';

/** The host's view of an exchange. */
export class Call implements TranscodedCall {
  /** Created on first use: most calls end before anybody could act on it. */
  #controller: AbortController | undefined;

  readonly #response: HttpResponse;

  constructor(
    readonly method: DescMethod,
    readonly request: HttpRequest,
    response: HttpResponse,
    readonly bind: () => Message,
  ) {
    this.#response = response;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#clientIsGone()) this.abort();
      else {
        this.#response.once('close', () => {
          if (!this.#response.writableEnded) this.abort();
        });
      }
    }
    return this.#controller.signal;
  }

  /** Tells the host to stop. */
  abort(reason?: DOMException): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  #clientIsGone(): boolean {
    return isHttp2(this.request)
      ? this.request.stream.destroyed
      : (this.#response as { destroyed?: boolean }).destroyed === true;
  }
}
