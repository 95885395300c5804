import { type ChildProcess, fork } from 'node:child_process';
import type { Question, Reply } from './answer-parent.js';
import { RESULTS_FOLDER } from './results-folder.js';

/** As in `npm start`; every side gets the same. */
const NODE_FLAGS = ['--max-semi-space-size=64'];
/** Writing a profile takes a while. */
const STOP_TIMEOUT_MS = 20_000;
const ERROR_TEXT_CHARACTERS_MAX = 4000;

/** A process of the bench's own that answers questions; see answerParent. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #ended: Promise<void>;
  #asked = 0;
  /** The last lines of its standard error, shown only when it dies. */
  #errorText = '';

  constructor(
    readonly name: string,
    script: string,
    options: { readonly profile: boolean },
  ) {
    const profiling = [
      '--cpu-prof',
      `--cpu-prof-dir=${RESULTS_FOLDER}`,
      `--cpu-prof-name=${name}.cpuprofile`,
    ];
    this.#process = fork(script, {
      // Without this process's own flags: with them, the child would load the TypeScript loader too.
      execArgv: options.profile ? [...NODE_FLAGS, ...profiling] : NODE_FLAGS,
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-ERROR_TEXT_CHARACTERS_MAX);
    });
    this.#process.on('message', (reply: Reply) => this.#settle(reply));
    this.#ended = new Promise((resolve) => {
      // Not 'close': it does not come after a disconnect from this side.
      this.#process.once('exit', (code, signal) => {
        const error = new Error(`${name} ended (${signal ?? code}):\n${this.#errorText}`);
        for (const { reject } of this.#waiting.values()) reject(error);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  ask<R>(name: string, argument: unknown = null): Promise<R> {
    const id = ++this.#asked;
    return new Promise<R>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#process.send({ id, name, argument } satisfies Question, (error) => {
        if (error !== null) this.#settle({ id, error: `${this.name}: ${error.message}` });
      });
    });
  }

  /** Seconds of processor time that it has used so far. */
  cpuSeconds(): Promise<number> {
    return this.ask('cpuSeconds');
  }

  /** Its resident memory, in bytes. */
  residentBytes(): Promise<number> {
    return this.ask('residentBytes');
  }

  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(`${this.name}: ${reply.error}`));
    else waiting?.resolve(reply.result);
  }
}
