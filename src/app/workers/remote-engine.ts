import type { Socket } from 'node:net';
import { BoxedMap } from '../../collections/boxed-map.js';
import type { Fault } from '../../domain/failure.js';
import type { Engine } from '../../engine/engine.js';
import type { Execution, Submission } from '../../engine/submission.js';
import { JsonLines } from './json-lines.js';
import type { Answered, Sent } from './messages.js';

/**
 * The primary's engine, as a worker uses it. Commands reach it in the order in which they were submitted. If the
 * primary ends, so does the worker. To the callers of commands in progress, that is like a broken connection.
 */
export class RemoteEngine implements Engine {
  readonly #lines: JsonLines<Sent, Answered>;
  readonly #waiting = new BoxedMap<number, (answer: Execution | Fault) => void>();
  /** Questions whether a batch would wait too long. */
  readonly #asked = new Map<number, (refused: boolean) => void>();
  #lastId = 0;
  #closing = false;
  #onIdle = (): void => {};

  /** `line`: the connection to the primary, with `serveEngine` at its other end. */
  constructor(line: Socket) {
    this.#lines = new JsonLines(line, (answers) => this.#answered(answers));
  }

  submit(submission: Submission, deadlineAtMs: number): Promise<Execution | Fault> {
    if (this.#closing) return Promise.resolve({ reason: 'SHUTTING_DOWN' });
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, resolve);
      this.#lines.send([id, submission, deadlineAtMs]);
    });
  }

  refusesBatch(merchantId: string): Promise<boolean> {
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#asked.set(id, resolve);
      this.#lines.send([id, merchantId]);
    });
  }

  drain(): Promise<void> {
    this.#closing = true;
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #answered(answers: readonly Answered[]): void {
    for (const [id, answer] of answers) {
      if (typeof answer === 'boolean') {
        this.#asked.get(id)?.(answer);
        this.#asked.delete(id);
        continue;
      }
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    }
    if (this.#waiting.size === 0) this.#onIdle();
  }
}

/** Lets a worker use the engine. Its commands are carried through even if it ends meanwhile. */
export function serveEngine(engine: Engine, line: Socket): void {
  const lines: JsonLines<Answered, Sent> = new JsonLines(line, (commands) => {
    for (const sent of commands) {
      // This is checked here because workers do not know how long the queue is.
      if (sent.length === 2) {
        const [id, merchantId] = sent;
        lines.send([id, engine.load?.refuses(merchantId, 0) ?? false]);
        continue;
      }
      const [id, submission, deadlineAtMs] = sent;
      if (!submission.isLetIn && engine.load?.refuses(submission.command.merchantId, 0)) {
        lines.send([id, { reason: 'OVERLOADED' }]);
        continue;
      }
      void engine.submit(submission, deadlineAtMs).then((answer) => lines.send([id, answer]));
    }
  });
}
