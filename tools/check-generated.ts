/** Fails when generated code differs from what is committed or staged; run after `npm run generate`. */
import { execFileSync } from 'node:child_process';

const paths = [
  'src/gen',
  'test/gen',
  'test/golden/openapi',
  'docs/openapi.json',
  'docs/openapi.yaml',
  'docs/openapi-merchants.json',
  'docs/openapi-merchants.yaml',
  'clients/typescript/src/gen',
  'clients/typescript/src/openapi.ts',
  'docs/pictures',
];
const changed = execFileSync('git', ['status', '--porcelain', '--', ...paths], { encoding: 'utf8' })
  .split('\n')
  // The second column is the work tree against the index: what is staged counts as the developer's intent.
  .filter((line) => line !== '' && line[1] !== ' ');
if (changed.length > 0) {
  console.error(`Generated code is stale. Run "npm run generate" and commit:\n${changed.join('\n')}`);
  process.exit(1);
}
console.log('Generated code is fresh.');
