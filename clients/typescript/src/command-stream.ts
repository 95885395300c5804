import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { reasonOf, StreamLost } from './error.js';
import {
  type ExecuteRequest,
  ExecuteRequestSchema,
  type ExecuteResponse,
} from './gen/inventory/v1/commands_pb.js';
import { InventoryService } from './gen/inventory/v1/inventory_service_pb.js';
import { Outgoing } from './outgoing.js';

export type Command = Exclude<ExecuteRequest['command'], { case: undefined }>;
export type Outcome = ExecuteResponse['outcome'];

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** One `Execute` call: commands go out as they come, and wait for the answer with their tag. */
export class CommandStream {
  readonly #waiting = new Map<string, Waiting>();
  readonly #outgoing = new Outgoing<ExecuteRequest>();
  #sent = 0;
  #hadAnswers = false;
  /** It takes no more: it is ending, or has ended. */
  isOver = false;

  constructor(transport: Transport, headers: Headers) {
    const answers = createClient(InventoryService, transport).execute(this.#outgoing, { headers });
    this.#read(answers).then(
      () => this.#fail(new ConnectError('the stream ended before its answers', Code.Unavailable)),
      (error) => this.#fail(error),
    );
  }

  send(command: Command): Promise<Outcome> {
    const tag = String(++this.#sent);
    this.#outgoing.push(create(ExecuteRequestSchema, { tag, command }));
    return new Promise((resolve, reject) => this.#waiting.set(tag, { resolve, reject }));
  }

  async #read(answers: AsyncIterable<ExecuteResponse>): Promise<void> {
    for await (const { tag, outcome } of answers) {
      this.#hadAnswers = true;
      this.#waiting.get(tag)?.resolve(outcome);
      this.#waiting.delete(tag);
      if (this.#waiting.size === 0) setTimeout(() => this.#endIfIdle(), 0);
    }
  }

  /** An open stream keeps a program from ending; a new one costs no more than a call. */
  #endIfIdle(): void {
    if (this.#waiting.size > 0) return;
    this.isOver = true;
    this.#outgoing.end();
  }

  #fail(cause: unknown): void {
    this.isOver = true;
    this.#outgoing.end();
    const error = ConnectError.from(cause);
    if (reasonOf(error) === 'MALFORMED_REQUEST') this.#blameFirst(error);
    else this.#rejectAll(this.#hadAnswers ? new StreamLost(error) : cause);
  }

  /** The service answers what it read before a message that it cannot take, and reads nothing after it. */
  #blameFirst(error: ConnectError): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [tag, { reject }] = first;
    reject(error);
    this.#waiting.delete(tag);
    const message = `the stream ended at another command: ${error.rawMessage}`;
    this.#rejectAll(new ConnectError(message, Code.Unavailable));
  }

  #rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
