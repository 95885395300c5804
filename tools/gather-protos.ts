/**
 * Gathers the .proto files that ours import. They go into build/proto-deps, so that buf works offline. If a folder is
 * given, they are added to it instead: callers who generate a client need them (docs/clients.md).
 * google/api and google/rpc come from the npm package google-proto-files. buf/validate is printed from the descriptor
 * that @bufbuild/protovalidate carries, since no npm package has the file itself.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { printProto } from './print-proto.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2);
const target = folder === undefined ? join(root, 'build/proto-deps') : resolve(folder);
const packaged = dirname(createRequire(import.meta.url).resolve('google-proto-files/package.json'));

const copied = [
  'google/api/annotations.proto',
  'google/api/http.proto',
  'google/api/httpbody.proto',
  'google/rpc/error_details.proto',
  'google/rpc/status.proto',
];

if (folder === undefined) rmSync(target, { recursive: true, force: true });
for (const path of copied) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  copyFileSync(join(packaged, path), join(target, path));
}
mkdirSync(join(target, 'buf/validate'), { recursive: true });
writeFileSync(join(target, 'buf/validate/validate.proto'), printProto(file_buf_validate_validate));
