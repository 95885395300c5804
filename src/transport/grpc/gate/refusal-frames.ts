import { REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import type { BareReason, GrpcErrors } from '../status.js';
import { BlockWriter } from './block-writer.js';
import { END_HEADERS, END_STREAM, FRAME_HEAD_BYTES, HEADERS, writeFrameHead } from './frames.js';

/** What all headers together have at most. */
const BLOCK_BYTES_MAX = 8192;
/** `:status 200`, of the static table. */
const STATUS_200 = 0x88;

/** The only headers of calls that are refused, as frames. They change no table, so they fit between those of node:http2. */
export class RefusalFrames {
  readonly #errors: GrpcErrors;
  readonly #blocks = new Map<BareReason, Buffer>();

  constructor(errors: GrpcErrors) {
    this.#errors = errors;
  }

  of(id: number, reason: BareReason, requestId: string): Buffer {
    let block = this.#blocks.get(reason);
    if (block === undefined) {
      block = this.#blockOf(reason);
      this.#blocks.set(reason, block);
    }
    const length = block.length + textBytes(requestId);
    const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length);
    writeFrameHead(frame, 0, { length, type: HEADERS, flags: END_STREAM | END_HEADERS, id });
    const at = FRAME_HEAD_BYTES + block.copy(frame, FRAME_HEAD_BYTES);
    new BlockWriter(frame, at).text(requestId);
    return frame;
  }

  /** All of the block but the text of the request's id, which comes last. */
  #blockOf(reason: BareReason): Buffer {
    const {
      ':status': _status,
      [REQUEST_ID_HEADER]: _id,
      ...headers
    } = this.#errors.bareRefusalOf(reason, '');
    const block = Buffer.alloc(BLOCK_BYTES_MAX);
    block[0] = STATUS_200;
    const writer = new BlockWriter(block, 1);
    for (const [name, value] of Object.entries(headers)) writer.literal(name, String(value));
    block[writer.at++] = 0x00;
    writer.text(REQUEST_ID_HEADER);
    return writer.written;
  }
}

/** Of a text that is shorter than 255 bytes. */
function textBytes({ length }: string): number {
  return (length < 0x7f ? 1 : 2) + length;
}
