import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'puppeteer-core';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../../../test/support/app.js';
import { type Chromium, startChromium } from '../../../test/support/chromium.js';
import { projectRoot } from '../../../test/support/process.js';
import type * as Package from '../src/browser.js';

// On a busy machine, a browser is slow.
vi.setConfig({ testTimeout: 60_000 });

/** What the page's script puts within reach. Functions given to `page.evaluate` run in the page. */
declare const holdfastClient: typeof Package;

const SCRIPT = `import * as client from 'holdfast-client'; globalThis.holdfastClient = client;`;

let shop: Server | undefined;
let service: TestApp;
let merchant: Credentials;
let chromium: Chromium;
let page: Page;
beforeAll(async () => {
  const script = await bundled(SCRIPT);
  const server = createServer((request, response) => {
    const isScript = request.url === '/shop.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script src="/shop.js"></script>');
  });
  shop = server;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  service = await startApp({ CORS_ORIGINS: origin });
  merchant = await service.createMerchant();
  await service.seed(
    merchant.merchantId,
    { id: 'inv_1', onHandQty: 10, reservedQty: 0 },
    { id: 'inv_watched', onHandQty: 10, reservedQty: 0 },
  );
  chromium = await startChromium();
  page = await chromium.browser.newPage();
  await page.goto(origin);
});
afterAll(async () => {
  await chromium?.close();
  await service?.close();
  await new Promise((closed) => (shop === undefined ? closed(undefined) : shop.close(closed)));
});

/** The script and all that it imports, as bundlers for browsers put them together: by the package's `browser` export. */
async function bundled(source: string): Promise<string> {
  const [output] = (await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    plugins: [
      {
        name: 'script',
        enforce: 'pre',
        resolveId: (id) => (id.endsWith('virtual:script') ? '\0script' : undefined),
        load: (id) => (id === '\0script' ? source : undefined),
      },
    ],
    build: { write: false, minify: false, lib: { entry: 'virtual:script', formats: ['iife'], name: 'shop' } },
  })) as Rollup.RollupOutput[];
  return output!.output[0].code;
}

const client = () => ({ url: service.httpUrl, apiKey: merchant.apiKey, token: merchant.token });

test('a page of another origin reserves, and gets typed errors', async () => {
  const told = await page.evaluate(async (options) => {
    const holdfast = new holdfastClient.Holdfast(options);
    const { stock } = await holdfast.reserve({ id: 'inv_1', qty: 3, reference: 'ORD-1' });
    const failure = await holdfast.reserve({ id: 'inv_1', qty: 500 }).catch((error) => error);
    const { isInstance, reason, metadata } = {
      isInstance: failure instanceof holdfastClient.HoldfastError,
      ...failure,
    };
    holdfast.close();
    return { available: stock?.availableQty, isInstance, reason, metadata };
  }, client());
  expect(told).toEqual({
    available: 7,
    isInstance: true,
    reason: 'INSUFFICIENT_STOCK',
    metadata: expect.objectContaining({ requested: '500', available: '7' }),
  });
});

test('without HTTP/2, commands under way together are calls, all answered', async () => {
  const told = await page.evaluate(async (options) => {
    const holdfast = new holdfastClient.Holdfast(options);
    const commands = Array.from({ length: 20 }, (_, i) =>
      holdfast.execute('reserveOrder', { reference: `CART-${i}`, lines: [{ id: 'inv_1', qty: 1 }] }),
    );
    const ends = await Promise.allSettled(commands);
    holdfast.close();
    return ends.map((end) => (end.status === 'fulfilled' ? 'ok' : end.reason.reason));
  }, client());
  expect(told.filter((end) => end === 'ok')).toHaveLength(7);
  expect(told.filter((end) => end === 'INSUFFICIENT_STOCK')).toHaveLength(13);
});

test('a watch shows the stock as it is and each change, until the page leaves it', async () => {
  const told = await page.evaluate(async (options) => {
    const holdfast = new holdfastClient.Holdfast(options);
    const seen: number[] = [];
    for await (const { availableQty } of holdfast.watch({ ids: ['inv_watched'] })) {
      seen.push(availableQty);
      if (seen.length === 3) break;
      await holdfast.reserve({ id: 'inv_watched', qty: 2, reference: `ORD-${seen.length}` });
    }
    holdfast.close();
    return seen;
  }, client());
  expect(told).toEqual([10, 8, 6]);
});
