/**
 * Stands in for grpcurl where there is none, so that the pages' calls are made even so: takes the options that
 * they use and refuses any other, has buf make the call (gRPC, protos by reflection), and prints as grpcurl does.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ErrorInfoSchema } from '../../src/gen/google/rpc/error_details_pb.js';

/** Like all of Go's flags, long names have one dash. */
const names: Readonly<Record<string, string>> = {
  '-plaintext': '--plaintext',
  '-emit-defaults': '--emit-defaults',
  '-H': '-H',
  '-d': '-d',
};
const args = process.argv.slice(2).map((arg, i, all) => {
  const isValue = ['-H', '-d'].includes(all[i - 1] ?? '');
  if (isValue || !arg.startsWith('-')) return arg;
  return names[arg] ?? fail(`flag provided but not defined: ${arg}`);
});
const { values, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: {
    plaintext: { type: 'boolean' },
    'emit-defaults': { type: 'boolean' },
    header: { type: 'string', short: 'H', multiple: true },
    data: { type: 'string', short: 'd' },
  },
});
const [address, method, ...rest] = positionals;
if (!values.plaintext) fail('the test has no TLS: -plaintext is missing');
if (address === undefined || method === undefined || rest.length > 0)
  fail('an address and a method are needed');

const call = spawnSync(
  fileURLToPath(new URL('../../node_modules/.bin/buf', import.meta.url)),
  [
    ...['curl', '--protocol', 'grpc', '--http2-prior-knowledge'],
    ...(values['emit-defaults'] ? ['--emit-defaults'] : []),
    ...(values.header ?? []).flatMap((header) => ['-H', header]),
    ...['-d', values.data ?? '', `http://${address}/${method}`],
  ],
  { encoding: 'utf8' },
);
process.stdout.write(call.stdout);
if (call.status !== 0) printError(call.stderr);

function printError(told: string): void {
  const { code, message, details } = JSON.parse(told) as {
    code: string;
    message: string;
    details: { type: string; value: string }[];
  };
  const name = code.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  console.error(`ERROR:\n  Code: ${name}\n  Message: ${message}\n  Details:`);
  details.forEach(({ type, value }, i) => {
    const detail = type === ErrorInfoSchema.typeName ? errorInfo(value) : {};
    console.error(`  ${i + 1})\t${JSON.stringify({ '@type': `type.googleapis.com/${type}`, ...detail })}`);
  });
  process.exitCode = 64 + Code[name as keyof typeof Code];
}

function errorInfo(base64: string): object {
  const { reason, domain, metadata } = fromBinary(ErrorInfoSchema, Buffer.from(base64, 'base64'));
  return { domain, metadata, reason };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
