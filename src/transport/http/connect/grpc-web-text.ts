import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalServerRequest, UniversalServerResponse } from '@connectrpc/connect/protocol';

/** With the suffix after its name, such as `+proto`. A charset parameter is ignored: base64 is ASCII. */
const TEXT_TYPE = /^application\/grpc-web-text(\+\w+)?\s*(?:;.*)?$/i;
const BINARY_TYPE = /application\/grpc-web(?!-text)/i;

/** Groups of four, each of which may be padded: a client that sends pieces pads each one. In either alphabet. */
const GROUPS = /^(?:[\w+/-]{4}|[\w+/-]{3}=|[\w+/-]{2}==)*$/;
const AFTER_PADDING = /(?<==)(?!=)/;

/** The most characters that one byte takes, when it is encoded alone. */
const CHARACTERS_PER_BYTE_MAX = 4;
const ENVELOPE_HEADER_BYTES = 5;

/**
 * gRPC-Web's text mode, the default of its own client. Wraps the library, which knows only the binary mode:
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
 */
export class GrpcWebText {
  /** The type without `-text`; undefined if the request is not in this mode. */
  readonly #binaryType: string | undefined;
  readonly #isTextWanted: boolean;

  readonly #bodyBytesMax: number;

  constructor(
    headers: { readonly 'content-type'?: string | undefined; readonly accept?: string | undefined },
    bodyBytesMax: number,
  ) {
    this.#bodyBytesMax = bodyBytesMax;
    const { 'content-type': contentType = '', accept = '' } = headers;
    const match = TEXT_TYPE.exec(contentType);
    this.#binaryType = match === null ? undefined : `application/grpc-web${match[1] ?? ''}`;
    const isAnyTaken = match !== null && !BINARY_TYPE.test(accept);
    this.#isTextWanted = isAnyTaken || /application\/grpc-web-text/i.test(accept);
  }

  /** The request in the form that the library takes. */
  decoded(request: UniversalServerRequest): UniversalServerRequest {
    if (this.#binaryType === undefined) return request;
    request.header.set('content-type', this.#binaryType);
    return { ...request, body: decode(request.body as AsyncIterable<Uint8Array>, this.#bodyBytesMax) };
  }

  /**
   * An answer of the library in the form that the client takes. Each piece is padded, so that none waits for the next.
   */
  encoded(answer: UniversalServerResponse): UniversalServerResponse {
    if (answer.status !== 200 || answer.header === undefined || answer.body === undefined) return answer;
    if (!this.relabel(answer.header)) return answer;
    return { ...answer, body: encode(answer.body) };
  }

  /** Names this mode in an answer's head, if it is in this mode. */
  relabel(head: Headers): boolean {
    const contentType = head.get('content-type') ?? '';
    if (!this.#isTextWanted || !BINARY_TYPE.test(contentType)) return false;
    head.set('content-type', contentType.replace(BINARY_TYPE, 'application/grpc-web-text'));
    return true;
  }
}

async function* decode(body: AsyncIterable<Uint8Array>, bodyBytesMax: number): AsyncGenerator<Uint8Array> {
  let charactersLeft = (bodyBytesMax + ENVELOPE_HEADER_BYTES) * CHARACTERS_PER_BYTE_MAX;
  let rest = '';
  for await (const chunk of body) {
    charactersLeft -= chunk.byteLength;
    if (charactersLeft < 0) {
      throw new ConnectError(`message is larger than ${bodyBytesMax} bytes`, Code.ResourceExhausted);
    }
    // Command-line tools break lines.
    const text = rest + Buffer.from(chunk).toString('latin1').replace(/\s+/g, '');
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    if (whole > 0) yield bytesOf(text.slice(0, whole));
  }
  // Some clients do not pad the end.
  if (rest !== '') yield bytesOf(rest.padEnd(4, '='));
}

function bytesOf(text: string): Uint8Array {
  if (!GROUPS.test(text)) throw new ConnectError('the body is not base64', Code.InvalidArgument);
  return Buffer.concat(text.split(AFTER_PADDING).map((piece) => Buffer.from(piece, 'base64')));
}

async function* encode(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield Buffer.from(Buffer.from(chunk).toString('base64'));
}
