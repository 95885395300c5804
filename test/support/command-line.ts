import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.js';
import type { Environment } from '../../src/config.js';
import type { CommandRun } from './process.js';

/**
 * Runs a command of the command line as `runHoldfast` does, but in this process: to load the program takes most of a
 * short command's processor time. For what only a process has, its end and its signals, use `runHoldfast`.
 */
export async function runCommandHere(args: readonly string[], env: Environment): Promise<CommandRun> {
  const [stdout, stderr] = [new Printed(), new Printed()];
  let exitCode = 0;
  const failed = await runCommandLine(args, {
    env,
    stdout,
    stderr,
    stopSignal: () => new AbortController().signal,
    serve: () => Promise.reject(new Error('a service is for a process of its own')),
    cannotServe: [],
    keepExitCode: (code) => {
      exitCode = code;
    },
  });
  return { code: failed ?? exitCode, stdout: stdout.text, stderr: stderr.text };
}

class Printed extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
