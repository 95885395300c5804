import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type Step, stepsOf } from './markdown.js';
import { expectPrinted, isPrinted } from './markdown-output.js';
import { MarkdownShell, type Ran, type Stream } from './markdown-shell.js';
import {
  cleanUpProcesses,
  madeDataDir,
  onDataDir,
  projectRoot,
  type ServiceProcess,
  startService,
  until,
} from './process.js';

/** Runs the program that npx would find: npx takes longer to find it than most programs need for their work. */
const NPX = `npx() {
  local name=$1
  shift
  case $name in
    holdfast) node '${projectRoot}/bin/holdfast.js' "$@" ;;
    *) '${projectRoot}/node_modules/.bin/'"$name" "$@" ;;
  esac
}`;

/** The steps that a page asks its reader to take. */
export function stepsOfPage(path: string): Step[] {
  return stepsOf(readFileSync(join(projectRoot, path), 'utf8'));
}

/**
 * A reader of a page: a folder that looks like a checkout in which `npm start` was just run, and a shell in it. It lies
 * inside the checkout, so that packages are found.
 */
export class MarkdownReader {
  #pending: { readonly stream: Stream; readonly step: Step & { kind: 'run' } }[] = [];

  readonly #service: ServiceProcess;

  private constructor(
    readonly folder: string,
    readonly shell: MarkdownShell,
    service: ServiceProcess,
  ) {
    this.#service = service;
  }

  /** `bin`: a folder of commands for machines that lack them. */
  static async start(bin?: string): Promise<MarkdownReader> {
    const dataDir = await madeDataDir();
    const service = await startService(onDataDir(dataDir));
    mkdirSync(join(projectRoot, 'build'), { recursive: true });
    const folder = mkdtempSync(join(projectRoot, 'build', 'page-'));
    symlinkSync(dataDir, join(folder, '.holdfast'));
    for (const name of ['proto', 'tools']) symlinkSync(join(projectRoot, name), join(folder, name));
    const path = [process.env.PATH, ...(bin === undefined ? [] : [bin])].join(delimiter);
    // Pages do not show npm's warnings about the machine's settings.
    const shell = new MarkdownShell(folder, { PATH: path, npm_config_loglevel: 'error', NO_COLOR: '1' });
    await shell.run(NPX);
    return new MarkdownReader(folder, shell, service);
  }

  /** Takes a step, and fails when the result is not what the page says. */
  async follow(step: Step): Promise<Ran | undefined> {
    if (step.kind === 'file') {
      const path = join(this.folder, step.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, this.#here(step.text));
      return undefined;
    }
    if (step.how === 'not-run') return undefined;
    if (step.how === 'stream') {
      await this.#open(step);
      return undefined;
    }
    const ran = await this.shell.run(this.#here(step.script));
    if (step.output !== undefined) expectPrinted(ran.printed, step.output);
    if ((ran.code === 0) !== (step.how === 'succeeds')) {
      throw new Error(`line ${step.line}: exit code ${ran.code} after\n${ran.printed}`);
    }
    await this.#finish();
    return ran;
  }

  /** Fails if a stream has not printed all that the page shows. */
  close(): void {
    this.shell.close();
    rmSync(this.folder, { recursive: true, force: true });
    expect(this.#pending.map(({ step }) => step.line)).toEqual([]);
  }

  /** Pages name the default ports; the test's service has others. */
  #here(text: string): string {
    return text
      .replaceAll('http://127.0.0.1:8080', this.#service.httpUrl)
      .replaceAll('127.0.0.1:50051', this.#service.grpcAddress);
  }

  async #open(step: Step & { kind: 'run' }): Promise<void> {
    const stream = await this.shell.stream(this.#here(step.script));
    await until(`the stream of line ${step.line}`, async () => (await stream.printed()).includes('\n'));
    this.#pending.push({ stream, step });
  }

  async #finish(): Promise<void> {
    for (const { stream, step } of this.#pending.splice(0)) {
      await until(`the rest of the stream of line ${step.line}`, async () =>
        isPrinted(await stream.printed(), step.output!),
      ).catch(async (error: Error) => {
        throw new Error(`${error.message}; it printed\n${await stream.printed()}`);
      });
    }
  }
}

/** For `afterAll`: ends the processes even if the reader fails to close. */
export async function closeReader(reader: MarkdownReader | undefined): Promise<void> {
  try {
    reader?.close();
  } finally {
    await cleanUpProcesses();
  }
}
