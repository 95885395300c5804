import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, '..', 'build', 'bench');

/**
 * Compiles what runs as a process: the sides and the load generator, with the sources of the service that they use. No
 * side runs through a loader; each is compiled as the service's own build compiles it.
 */
export function compile(): void {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(typescript), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.json')], { stdio: 'inherit' });
  // The service reads these next to its code: the documents that it serves, and its version.
  for (const name of ['docs', 'package.json']) {
    cpSync(join(here, '..', name), join(output, name), { recursive: true });
  }
}

/** The compiled file of a script in this folder. */
export function compiled(script: string): string {
  return join(output, 'bench', script);
}
