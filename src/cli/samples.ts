import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Demo } from '../service/demo.js';

/**
 * The published samples as lines to paste; they give the published answers. Printed output is often kept, so the lines
 * read the key and token from their file and contain neither.
 */
export function sampleLines(demo: Demo, { dataDir, docs }: Pick<Config, 'dataDir' | 'docs'>): string {
  const path = join(dataDir, 'demo.json');
  const reserve = { qty: 2, reference: 'ORD-20241201-0099', notes: 'Reserved for customer checkout' };
  const release = { qty: 2, reference: 'ORD-20241201-0099', notes: 'Order cancelled - releasing hold' };
  return [
    'Reserve 2 units, then release them, over REST:',
    '',
    curl(demo, path, 'reserve', reserve),
    '',
    curl(demo, path, 'release', release),
    '',
    'The same over gRPC (without grpcurl: see docs/clients.md for npx buf curl):',
    '',
    grpcurl(demo, path, 'Reserve', reserve),
    '',
    grpcurl(demo, path, 'Release', release),
    '',
    `The key and token are in ${path}, readable only by this account.`,
    ...(docs ? [`Read about the REST API and try it: ${demo.httpUrl}/docs`] : []),
  ].join('\n');
}

function curl(demo: Demo, path: string, action: string, body: object): string {
  return [
    `curl -X PATCH ${demo.httpUrl}/v1/inventory/${demo.inventoryId}/${action}`,
    `-H "Authorization: Bearer ${kept(path, 'token')}"`,
    `-H "X-MerchantApiKey: ${kept(path, 'apiKey')}"`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body)}'`,
  ].join(' \\\n  ');
}

function grpcurl(demo: Demo, path: string, rpc: string, request: object): string {
  return [
    `grpcurl${demo.httpUrl.startsWith('https:') ? '' : ' -plaintext'}`,
    `-H "authorization: Bearer ${kept(path, 'token')}"`,
    `-H "x-merchantapikey: ${kept(path, 'apiKey')}"`,
    `-d '${JSON.stringify({ id: demo.inventoryId, ...request })}'`,
    `${demo.grpcAddress} inventory.v1.InventoryService/${rpc}`,
  ].join(' \\\n  ');
}

/** A shell expression that reads a value of demo.json. */
function kept(path: string, name: keyof Demo): string {
  const quoted = JSON.stringify(path).replaceAll("'", "'\\''");
  return `$(node -p 'require(${quoted}).${name}')`;
}

/** Someone revoked the demo's key on purpose, so it stays revoked. */
export function revokedDemoLines(): string {
  return [
    'The key of the demo was revoked and stays revoked. To create another:',
    '',
    'npx holdfast key add --merchant mer_demo --mode test',
    'npx holdfast token --merchant mer_demo --permissions can_manage_inventory --ttl 1h',
  ].join('\n');
}
