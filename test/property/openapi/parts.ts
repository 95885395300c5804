import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Permission } from '../../../src/auth/principal.js';
import { readingOf, type Tree, wireText } from './json-tree.js';

export const BODY_BYTES_MAX = 65_536;
/** Below the limit of HTTP servers for request line and headers together, which is not part of the API. */
export const HEAD_BYTES_MAX = 15_000;

/** Who calls. */
export interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: the credentials are refused. */
  readonly permission: Permission | 'none' | undefined;
}

/** A piece of a path or a query as it is sent; `readable`: it is percent-encoded UTF-8. */
export interface Piece {
  readonly text: string;
  readonly readable: boolean;
}

/** A request in parts, so that each can be changed by itself. */
export interface Parts {
  readonly method: string;
  /** `/v1/inventory/{id}` */
  readonly template: string;
  readonly variables: Readonly<Record<string, Piece>>;
  /** Text that is added to the path, or ''. */
  readonly suffix: string;
  readonly query: readonly { readonly name: Piece; readonly value: Piece }[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly body: Tree | undefined;
  /** Spaces before the body. */
  readonly padding: number;
  /** False: bytes that are not UTF-8 follow the body. */
  readonly isUtf8: boolean;
  readonly contentType: string | undefined;
  readonly coding: 'none' | 'identity' | 'gzip' | 'damaged gzip' | 'br';
  readonly accept: string | undefined;
}

/** A change of one part. */
export type Change = (parts: Parts) => Parts;

/** A request, and what the judge of its answer needs to know. */
export class Sent {
  readonly target: string;
  readonly path: string;
  /** Undefined: there is no body. */
  readonly bytes: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as the document describes it; NUL if nobody can read it. */
  readonly reading: string | undefined;
  readonly unpackedBytes: number;

  constructor(readonly parts: Parts) {
    const { template, variables, suffix, query } = parts;
    this.path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => variables[name]!.text) + suffix;
    const pairs = query.map(({ name, value }) => `${name.text}=${value.text}`);
    this.target = pairs.length === 0 ? this.path : `${this.path}?${pairs.join('&')}`;
    const plain = this.#plainBody();
    this.unpackedBytes = plain?.length ?? 0;
    this.bytes = plain && this.#packed(plain);
    this.reading = plain && this.#readingOfBody();
    const { contentType, coding, accept } = parts;
    this.headers = {
      ...parts.caller.headers,
      ...parts.headers,
      ...(contentType === undefined || plain === undefined ? {} : { 'content-type': contentType }),
      ...(coding === 'none' || plain === undefined
        ? {}
        : { 'content-encoding': coding.replace('damaged ', '') }),
      ...(accept === undefined ? {} : { accept }),
    };
  }

  #plainBody(): Buffer | undefined {
    const { body, padding, isUtf8 } = this.parts;
    if (body === undefined) return undefined;
    const text = Buffer.from(' '.repeat(padding) + wireText(body));
    if (text.length === 0) return undefined;
    return isUtf8 ? text : Buffer.concat([text, Buffer.of(0xff)]);
  }

  #packed(plain: Buffer): Buffer {
    const { coding } = this.parts;
    if (coding === 'gzip') return gzipSync(plain);
    return coding === 'damaged gzip' ? gzipSync(plain).subarray(0, -5) : plain;
  }

  #readingOfBody(): string {
    const { body, isUtf8, coding } = this.parts;
    const isReadable = isUtf8 && coding !== 'damaged gzip';
    return (isReadable ? readingOf(body!) : undefined) ?? '\0';
  }

  get headBytes(): number {
    return this.target.length + Object.entries(this.headers).flat().join().length;
  }

  /** For fast-check's messages: without credentials, and with long runs of one character shortened. */
  [fc.toStringMethod](): string {
    const { method, caller, body, padding, isUtf8 } = this.parts;
    const { authorization: _, 'x-merchantapikey': __, ...headers } = this.headers;
    const wrapped = [padding > 0 && `${padding} spaces before it`, !isUtf8 && 'no UTF-8 behind it'];
    return [`${method} ${this.target}`, `as ${caller.name}`, JSON.stringify(headers)]
      .concat(
        this.bytes === undefined ? [] : wireText(body!),
        wrapped.filter((text) => text !== false),
      )
      .join(' ')
      .replaceAll(/(.|%\w\w%\w\w)\1{15,}/gu, (run, unit: string) => `${unit}{${run.length / unit.length}}`)
      .slice(0, 4000);
  }
}

export function encoded(text: string): Piece {
  return { text: encodeURIComponent(text), readable: true };
}
