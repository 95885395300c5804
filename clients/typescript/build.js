/** Makes what the package consists of: compiled code in `dist`, and the protos with all that they import in `proto`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');

/** @param {string} program @param {string[]} args */
const run = (program, args) =>
  execFileSync(join(root, 'node_modules/.bin', program), args, { cwd: root, stdio: 'inherit' });

for (const folder of ['dist', 'proto']) rmSync(join(here, folder), { recursive: true, force: true });
run('tsc', ['-p', here]);
mkdirSync(join(here, 'proto'));
run('tsx', ['tools/gather-protos.ts', join(here, 'proto')]);
cpSync(join(root, 'proto/inventory'), join(here, 'proto/inventory'), { recursive: true });
