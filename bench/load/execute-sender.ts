import { fromBinary } from '@bufbuild/protobuf';
import { BoxedMap } from '../../src/collections/boxed-map.js';
import { ExecuteRequestSchema, ExecuteResponseSchema } from '../../src/gen/inventory/v1/commands_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { grpcHeaders } from './grpc-sender.js';
import { Http2Connection } from './http2-connection.js';
import { refusalOf } from './refusal.js';
import type { Figures, ReserveCall } from './reserve.js';
import { decodeReserved, encodeReserve, nested, readFields, textField } from './reserve-wire.js';
import type { Answer, Sender } from './sender.js';

const CONNECTIONS = 4;
const STREAMS = 8;
const ENVELOPE_BYTES = 5;

const NOTHING = Buffer.alloc(0);

const fields = ExecuteRequestSchema.field;
const answered = ExecuteResponseSchema.field;

type Done = (answer: Answer<Figures>) => void;

/**
 * Reserves as commands of a few Execute streams, framed by hand. What is sent on a stream in one turn of the event loop
 * leaves together.
 */
export class ExecuteSender implements Sender<ReserveCall, Figures> {
  readonly #connections: Http2Connection[];
  readonly #streams: CommandStream[];
  #next = 0;

  constructor(
    addresses: readonly string[],
    credentials: Readonly<Record<string, string>>,
    onError: (error: Error) => void,
  ) {
    this.#connections = Array.from({ length: CONNECTIONS }, (_, i) => {
      const address = addresses[i % addresses.length]!;
      const headers = grpcHeaders(InventoryService.method.execute, address, credentials);
      return new Http2Connection(address, headers, onError);
    });
    this.#streams = Array.from(
      { length: STREAMS },
      (_, i) => new CommandStream(this.#connections[i % CONNECTIONS]!, onError),
    );
  }

  send(call: ReserveCall, done: Done): void {
    this.#streams[this.#next++ % STREAMS]!.send(call, done);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

class CommandStream {
  readonly #write: (bytes: Buffer) => void;
  readonly #waiting = new BoxedMap<string, Done>();
  #tags = 0;
  #unsent: Buffer[] = [];
  #received: Buffer = Buffer.alloc(0);

  constructor(connection: Http2Connection, onError: (error: Error) => void) {
    this.#write = connection.open(
      (bytes) => this.#read(bytes),
      () => onError(new Error('a stream of commands has ended')),
    );
  }

  send({ id, reference, idempotencyKey }: ReserveCall, done: Done): void {
    const tag = (this.#tags++).toString(36);
    this.#waiting.set(tag, done);
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
    const key =
      idempotencyKey === undefined ? NOTHING : textField(fields.idempotencyKey.number, idempotencyKey);
    const reserve = nested(fields.reserve.number, encodeReserve({ id, reference }));
    const tagged = textField(fields.tag.number, tag);
    const head = Buffer.from([0, 0, 0, 0, tagged.length + key.length + reserve.length]);
    this.#unsent.push(head, tagged, key, reserve);
  }

  #flush(): void {
    const frames = this.#unsent;
    this.#unsent = [];
    this.#write(Buffer.concat(frames));
  }

  #read(chunk: Buffer): void {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (bytes.length - at >= ENVELOPE_BYTES) {
      const end = at + ENVELOPE_BYTES + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      this.#answer(bytes.subarray(at + ENVELOPE_BYTES, end));
      at = end;
    }
    this.#received = bytes.subarray(at);
  }

  #answer(message: Buffer): void {
    let tag = '';
    let granted: Figures | undefined;
    readFields(message, (field, value) => {
      if (!Buffer.isBuffer(value)) return;
      if (field === answered.tag.number) tag = value.toString('latin1');
      else if (field === answered.reserve.number) granted = decodeReserved(value);
    });
    const done = this.#waiting.get(tag);
    if (done === undefined) throw new Error(`an answer to nothing: ${tag}`);
    this.#waiting.delete(tag);
    if (granted === undefined) this.#refused(message, done);
    else done({ ok: true, granted });
  }

  #refused(message: Buffer, done: Done): void {
    const { outcome } = fromBinary(ExecuteResponseSchema, message);
    const text = outcome.case === 'error' ? outcome.value.message : `${outcome.case}`;
    done({ ok: false, insufficient: text.startsWith('Cannot reserve'), refusal: refusalOf(text), text });
  }
}
