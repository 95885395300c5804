import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Environment } from '../../config.js';
import { oneLine } from '../../printable.js';
import type { ImportCounts, ImportObserver } from '../../service/import/import-rows.js';
import { allLines, placeOf } from '../../service/import/line-counts.js';
import type { Lines } from '../../service/import/reading/line.js';
import { ProgressBar } from './progress-bar.js';
import { lineCount } from './summary.js';

/** Lines of each kind that scripts receive; more are only counted. */
const TOLD_LINES_MAX = 1000;

interface ToldAt {
  readonly line: number;
  /** How many lines, if a row has more than one. */
  readonly lines?: number;
}

export interface BadLine extends ToldAt {
  readonly problems: readonly string[];
}

export interface Warning extends ToldAt {
  readonly warning: string;
}

/**
 * What an import prints on standard error while it runs: bad lines and warnings, and on a terminal a progress bar. For
 * scripts it prints nothing, and both are collected for them.
 */
export class ImportOutput implements ImportObserver {
  /** At most TOLD_LINES_MAX, in the order in which they were found. */
  readonly badLines: BadLine[] = [];
  /** The same for warnings, all of which are counted. */
  readonly warnings: Warning[] = [];
  warned = 0;
  readonly #forScripts: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #fileBytes: number;
  readonly #bar: ProgressBar | undefined;
  /** Lines are not answered in order, but a bar must not go back. */
  #endByte = 0;

  constructor(
    path: string,
    forScripts: boolean,
    { TERM }: Environment,
    stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.#forScripts = forScripts;
    this.#stream = stream;
    this.#fileBytes = statSync(path).size;
    // A dumb terminal would display the codes that clear a line.
    const hasBar = !forScripts && stream.isTTY && TERM !== 'dumb' && this.#fileBytes > 0;
    this.#bar = hasBar ? new ProgressBar(stream, basename(path)) : undefined;
  }

  bad(at: Lines, problems: readonly string[]): void {
    if (this.#forScripts) keep(this.badLines, at, { problems });
    else this.#tell(`${placeOf(at)}: ${problems.join('; ')}`);
  }

  warn(at: Lines, warning: string): void {
    this.warned++;
    if (this.#forScripts) keep(this.warnings, at, { warning });
    else this.#tell(`${placeOf(at)}: warning: ${warning}`);
  }

  progress({ lines }: ImportCounts, endByte: number): void {
    this.#endByte = Math.max(this.#endByte, endByte);
    // A file that grows while it is read ends beyond its original end.
    const done = Math.min(this.#endByte / this.#fileBytes, 1);
    this.#bar?.update(done, `${lineCount(allLines(lines), 'line')}, ${lines.bad} bad`);
  }

  close(): void {
    this.#bar?.stop();
  }

  #tell(text: string): void {
    const line = oneLine(text);
    if (this.#bar !== undefined) this.#bar.tell(line);
    else this.#stream.write(`${line}\n`);
  }
}

function keep<T>(told: (ToldAt & T)[], { line, lines }: Lines, what: T): void {
  if (told.length < TOLD_LINES_MAX) told.push({ line, ...(lines > 1 && { lines }), ...what });
}
