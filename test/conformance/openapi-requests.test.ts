import { expect } from 'vitest';
import type { Demo } from '../../src/service/demo.js';
import { operationsOf, type Template } from '../property/openapi/draw-request.js';
import { test } from '../support/fixtures.js';
import { holdAgainstDocument } from '../support/openapi/checked-fetch.js';
import { type Json, type JsonObject, OpenApiDocument } from '../support/openapi/document.js';

/** The document's example of each request works, unchanged, on the record that `npm start` creates. */
const document = OpenApiDocument.read();
const operations = new Map(operationsOf(document).map((operation) => [operation.id, operation]));

/** An order that works on a fresh demo. Calls come twice if another call in between ends what they held. */
const order = [
  [
    'getInventory',
    'batchGetInventory',
    'listInventory',
    'listInventoryByProduct',
    'listInventoryBySku',
    'listLowStock',
  ],
  ['watchInventory', 'listHolds', 'listLogs', 'reserve', 'release', 'reserve', 'releaseOrder', 'confirm'],
  ['setHold', 'setOrder'],
  [
    'reserveOrder',
    'getOrder',
    'listOrders',
    'extendOrder',
    'confirmOrder',
    'reserveOrder',
    'moveOrder',
    'createInventory',
    'updateInventory',
  ],
  ['adjust', 'setOnHand', 'batchAdjust', 'batchExecute', 'getSettings', 'updateSettings'],
].flat();

test('each operation is tried', () => {
  expect([...new Set(order)].sort()).toEqual([...operations.keys()].sort());
});

test.for(order.map((id, i) => [id, i] as const))('%s', async ([id, i], { demo }) => {
  const operation = operations.get(id)!;
  const { url, init } = requestOf(operation, demo, order.indexOf(id) === i ? '' : ` ${i}`);
  const stopped = new AbortController();
  const response = await fetch(url, { ...init, signal: stopped.signal });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.endsWith('\n\n')) break;
  }
  stopped.abort();
  expect(`${response.status} ${text}`).toMatch(/^200 /);
  holdAgainstDocument(url, init, response, text);
  const media = 'responses/200/content/application~1json/examples/published/value';
  const published = document.at(`${operation.pointer}/${media}`)?.value;
  if (published !== undefined) expect(JSON.parse(text)).toEqual(published);
  const shows = id.startsWith('list') && id !== 'listLowStock';
  if (shows) expect(text).toContain(id === 'listOrders' ? 'ORD-20241201-0100' : demo.inventoryId);
});

/** The request of a tool that sends every parameter that has an example. */
function requestOf({ pointer, path, method, value }: Template, demo: Demo, keySuffix: string) {
  const target = new URL(demo.httpUrl);
  target.pathname = path;
  const headers: Record<string, string> = { authorization: `Bearer ${demo.token}` };
  for (const i of Object.keys(value.parameters as Json[])) {
    const { name, in: place, schema, ...parameter } = document.at(`${pointer}/parameters/${i}`)!.value;
    const example = parameter.example ?? ((schema as JsonObject).examples as Json[] | undefined)?.[0];
    expect(example, `an example of ${name}`).toBeDefined();
    const texts = [example].flat().map(String);
    if (place === 'path') target.pathname = target.pathname.replace(`%7B${name}%7D`, texts[0]!);
    else if (place === 'query') for (const text of texts) target.searchParams.append(String(name), text);
    else headers[String(name).toLowerCase()] = texts[0]!;
  }
  headers['x-merchantapikey'] = demo.apiKey;
  if (headers['idempotency-key'] !== undefined) headers['idempotency-key'] += keySuffix;
  const [accept = ''] = Object.keys(document.at(`${pointer}/responses/200/content`)!.value);
  const init: RequestInit = { method, headers: { ...headers, accept } };
  if (value.requestBody === undefined) return { url: target.href, init };
  const examples = document.at(`${pointer}/requestBody/content/application~1json/examples`)!;
  expect(examples, 'a sample in tools/openapi/inventory.yaml').toBeDefined();
  const [name = ''] = Object.keys(examples.value);
  const body = document.at(`${examples.pointer}/${name}`)!.value.value;
  Object.assign(init.headers!, { 'content-type': 'application/json' });
  return { url: target.href, init: { ...init, body: JSON.stringify(body) } };
}
