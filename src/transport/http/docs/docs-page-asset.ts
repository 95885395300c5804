import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { acceptsGzip } from '../../../transcoding/index.js';

export interface AssetSource {
  readonly contentType: string;
  readonly read: () => Promise<Buffer>;
  /** Added to each answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Content {
  readonly plain: Buffer;
  readonly packed: Buffer;
  /**
   * Hash of the uncompressed bytes; the compressed ones carry their own tag, because they are another representation.
   */
  readonly hash: string;
}

const pack = promisify(gzip);

/**
 * One file over HTTP, read and compressed on first request, then kept. Browsers may keep it too, but must check each
 * time whether it has changed (RFC 9110, 13.1), so that a new version of the service shows immediately.
 */
export class Asset {
  #content: Promise<Content> | undefined;

  readonly #source: AssetSource;

  constructor(source: AssetSource) {
    this.#source = source;
  }

  /** Answers GET and HEAD. Rejects, with nothing sent, if the file cannot be read; the next request tries again. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { plain, packed, hash } = await this.#load();
    const gzipped = acceptsGzip(request.headers);
    const etag = gzipped ? `"${hash}-gzip"` : `"${hash}"`;
    const headers = {
      etag,
      'cache-control': 'no-cache',
      vary: varyBy('Accept-Encoding', response.getHeader('vary')),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...this.#source.headers,
    };
    if (namesTag(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const body = gzipped ? packed : plain;
    response.writeHead(200, {
      ...headers,
      'content-type': this.#source.contentType,
      'content-length': body.length,
      ...(gzipped ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #load(): Promise<Content> {
    this.#content ??= readAndPack(this.#source).catch((error) => {
      this.#content = undefined;
      throw error;
    });
    return this.#content;
  }
}

/** One that is the same for as long as the process runs. */
export function textAsset(
  text: string,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Asset {
  return new Asset({ contentType, read: async () => Buffer.from(text), headers });
}

async function readAndPack(source: AssetSource): Promise<Content> {
  const plain = await source.read();
  const hash = createHash('sha256').update(plain).digest('base64url');
  return { plain, packed: await pack(plain), hash };
}

/** Adds a name to `Vary`, keeping what is already there: the origin, where other pages may call. */
function varyBy(name: string, before: ReturnType<ServerResponse['getHeader']>): string {
  return before === undefined ? name : `${before}, ${name}`;
}

/** Whether an If-None-Match names the tag; compared weakly (RFC 9110, 13.1.2). */
function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const named = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return named.includes('*') || named.includes(etag);
}
