/** Lints the OpenAPI documents with redocly and Spectral at once. Each has a file of exceptions in `tools/openapi`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const files = ['docs/openapi.yaml', 'docs/openapi-merchants.yaml'];
/** Linters must not send reports or look for updates. */
const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

async function lint(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, ['lint', ...files, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) console.error(Buffer.concat(output).toString());
  return status === 0;
}

const clean = await Promise.all([
  lint('redocly', ['--config=tools/openapi/redocly.yaml']),
  lint('spectral', ['--ruleset=tools/openapi/spectral.yaml', '--fail-severity=hint']),
]);
if (clean.includes(false)) process.exit(1);
console.log(`${files.join(' and ')} are clean under redocly and Spectral.`);
