import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Ran {
  readonly code: number;
  /** Standard output and standard error, in the order in which they were written. */
  readonly printed: string;
}

/** A script that goes on until it is ended. */
export interface Stream {
  readonly printed: () => Promise<string>;
}

/** One bash for all blocks of a page, as a reader has: variables and functions stay from block to block. */
export class MarkdownShell {
  readonly #bash: ChildProcess;
  readonly #streams: number[] = [];
  #printed = '';
  #ended: string | undefined;
  #onOutput: () => void = () => {};

  readonly #folder: string;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: 'pipe',
      // In a group of its own, so that it can be ended with all that it started.
      detached: true,
    });
    for (const output of [this.#bash.stdout!, this.#bash.stderr!]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
        this.#onOutput();
      });
    }
    this.#bash.once('close', (code, signal) => {
      this.#ended = `bash ended with ${code ?? signal}`;
      this.#onOutput();
    });
  }

  /** Runs a script as if somebody typed it. */
  async run(script: string): Promise<Ran> {
    const end = `-- end ${Math.random()} --`;
    this.#printed = '';
    this.#bash.stdin!.write(`{\n${script}\n} </dev/null 2>&1\nprintf '%s%s\\n' '${end}' $?\n`);
    return new Promise((resolve, reject) => {
      this.#onOutput = () => {
        const at = this.#printed.indexOf(end);
        const code = /^\d+(?=\n)/.exec(this.#printed.slice(at + end.length))?.[0];
        if (at >= 0 && code !== undefined)
          resolve({ code: Number(code), printed: this.#printed.slice(0, at) });
        else if (this.#ended) reject(new Error(`${this.#ended}:\n${this.#printed}`));
      };
      this.#onOutput();
    });
  }

  /** Starts a script as if in another terminal, with the same variables. */
  async stream(script: string): Promise<Stream> {
    const file = join(this.#folder, `stream-${this.#streams.length}`);
    // With job control, a job is a group of its own.
    await writeFile(file, '');
    const { printed } = await this.run(`set -m\n{\n${script}\n} >>'${file}' 2>&1 & echo $!\nset +m`);
    const group = Number(/^\d+$/m.exec(printed)?.[0]);
    if (!(group > 0)) throw new Error(`the stream did not start:\n${printed}`);
    this.#streams.push(group);
    return { printed: () => readFile(file, 'utf8') };
  }

  /** Ends bash and all that runs in it. */
  close(): void {
    const groups = this.#ended === undefined ? [...this.#streams, this.#bash.pid!] : this.#streams;
    for (const group of groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
