import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import type { ImportCounts, ImportObserver } from '../service/import/import-rows.js';
import type { Lines } from '../service/import/line.js';
import { placeOf } from '../service/import/line-counts.js';

/** Bad lines that scripts are told; more are only counted. */
const BAD_LINES_MAX = 1000;

export interface BadLine {
  readonly line: number;
  /** How many, where a row has more than one. */
  readonly lines?: number;
  readonly problems: readonly string[];
}

/**
 * What an import tells on standard error while it runs: bad lines, and on a terminal a bar of how much of the file is
 * done. For scripts, nothing: bad lines are kept for them.
 */
export class ImportOutput implements ImportObserver {
  /** At most BAD_LINES_MAX, in the order in which they were found. */
  readonly badLines: BadLine[] = [];
  readonly #forScripts: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #bar: SingleBar | undefined;
  /** Lines are not answered in order, and a bar does not go back. */
  #endByte = 0;

  constructor(path: string, forScripts: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#forScripts = forScripts;
    this.#stream = stream;
    const fileBytes = statSync(path).size;
    if (forScripts || !stream.isTTY || fileBytes === 0) return;
    this.#bar = new SingleBar({
      stream,
      format: `${basename(path)} {bar} {percentage}% | {rows} lines, {bad} bad | {duration_formatted}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      // The process stops by itself when it is told to, and closes the bar then.
      gracefulExit: false,
    });
    this.#bar.start(fileBytes, 0, { rows: 0, bad: 0 });
  }

  bad(at: Lines, problems: readonly string[]): void {
    if (this.#forScripts) {
      const { line, lines } = at;
      if (this.badLines.length < BAD_LINES_MAX) {
        this.badLines.push({ line, ...(lines > 1 && { lines }), problems });
      }
      return;
    }
    // The bar draws itself anew below.
    const clear = this.#bar === undefined ? '' : '\r\x1b[K';
    this.#stream.write(`${clear}${placeOf(at)}: ${problems.join('; ')}\n`);
  }

  progress({ rows, bad }: ImportCounts, endByte: number): void {
    this.#endByte = Math.max(this.#endByte, endByte);
    this.#bar?.update(this.#endByte, { rows, bad });
  }

  close(): void {
    this.#bar?.stop();
  }
}
