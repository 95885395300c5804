import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Demo } from '../service/demo.js';

/** The published samples as lines to paste; they give the published answers. */
export function sampleLines(demo: Demo, { dataDir, docs }: Pick<Config, 'dataDir' | 'docs'>): string {
  const reserve = { qty: 2, reference: 'ORD-20241201-0099', notes: 'Reserved for customer checkout' };
  const release = { qty: 2, reference: 'ORD-20241201-0099', notes: 'Order cancelled - releasing hold' };
  return [
    'Reserve 2 units, then release them, over REST:',
    '',
    curl(demo, 'reserve', reserve),
    '',
    curl(demo, 'release', release),
    '',
    'The same over gRPC:',
    '',
    grpcurl(demo, 'Reserve', reserve),
    '',
    grpcurl(demo, 'Release', release),
    '',
    `Key and token are also in ${join(dataDir, 'demo.json')}.`,
    ...(docs ? [`The REST API, to read and to try: ${demo.httpUrl}/docs`] : []),
  ].join('\n');
}

function curl(demo: Demo, action: string, body: object): string {
  return [
    `curl -X PATCH ${demo.httpUrl}/v1/inventory/${demo.inventoryId}/${action}`,
    `-H 'Authorization: Bearer ${demo.token}'`,
    `-H 'X-MerchantApiKey: ${demo.apiKey}'`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(body)}'`,
  ].join(' \\\n  ');
}

function grpcurl(demo: Demo, rpc: string, request: object): string {
  return [
    `grpcurl${demo.httpUrl.startsWith('https:') ? '' : ' -plaintext'}`,
    `-H 'authorization: Bearer ${demo.token}'`,
    `-H 'x-merchantapikey: ${demo.apiKey}'`,
    `-d '${JSON.stringify({ id: demo.inventoryId, ...request })}'`,
    `${demo.grpcAddress} inventory.v1.InventoryService/${rpc}`,
  ].join(' \\\n  ');
}
