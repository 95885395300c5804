import type { Headers, HttpRequest } from './http-message.js';

export interface CorsOptions {
  /** As browsers send them (`https://shop.example`, no path, no trailing slash), or `*` for every page. */
  readonly origins: readonly string[] | '*';
  /** Request headers that pages may send. Default: any. */
  readonly allowHeaders?: readonly string[];
  /** Response headers that pages may read. Default: none beyond those that the standard lets them read. */
  readonly exposeHeaders?: readonly string[];
  /** How long browsers may remember the answer to a preflight. Default: 600 seconds. */
  readonly maxAgeSeconds?: number;
}

/**
 * Cross-origin resource sharing. Calls that carry cookies are not allowed: credentials travel in headers that the
 * page sets itself.
 *
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export class Cors {
  readonly #origins: ReadonlySet<string> | '*';
  readonly #expose: Headers;
  readonly #maxAge: string;

  readonly #options: CorsOptions;

  constructor(options: CorsOptions) {
    this.#options = options;
    this.#origins = options.origins === '*' ? '*' : new Set(options.origins);
    const { exposeHeaders = [] } = options;
    this.#expose =
      exposeHeaders.length === 0 ? {} : { 'access-control-expose-headers': exposeHeaders.join(', ') };
    this.#maxAge = String(options.maxAgeSeconds ?? 600);
  }

  /** Whether the browser asks if it may send a request, rather than sending one. */
  static isPreflight({ method, headers }: HttpRequest): boolean {
    return (
      method === 'OPTIONS' &&
      headers.origin !== undefined &&
      headers['access-control-request-method'] !== undefined
    );
  }

  /** Headers of every response. Caches must know that they depend on the origin even if there is none. */
  headers({ headers: { origin } }: HttpRequest): Headers {
    const allowed = this.#allowed(origin);
    if (this.#origins === '*') return { ...allowed, ...(allowed && this.#expose) };
    return { vary: 'origin', ...allowed, ...(allowed && this.#expose) };
  }

  /** Headers of the answer to a preflight, which has no body. `methods` are those of the path. */
  preflight(request: HttpRequest, methods: readonly string[]): Headers {
    const allowed = this.#allowed(request.headers.origin);
    const allow = methods.join(', ');
    const asked = request.headers['access-control-request-headers'] as string | undefined;
    const allowHeaders = this.#options.allowHeaders?.join(', ') ?? asked;
    return {
      allow,
      vary: 'origin, access-control-request-method, access-control-request-headers',
      ...(allowed && {
        ...allowed,
        'access-control-allow-methods': allow,
        'access-control-max-age': this.#maxAge,
        ...(allowHeaders && { 'access-control-allow-headers': allowHeaders }),
      }),
    };
  }

  #allowed(origin: string | undefined): Headers | undefined {
    if (this.#origins === '*') return { 'access-control-allow-origin': '*' };
    return origin !== undefined && this.#origins.has(origin)
      ? { 'access-control-allow-origin': origin }
      : undefined;
  }
}
