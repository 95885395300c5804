import type { HTTPRequest, Page } from 'puppeteer-core';
import { describe, expect, vi } from 'vitest';
import { reasons } from '../../src/domain/reasons.js';
import { startChromium } from '../support/chromium.js';
import { test as base, opened } from '../support/fixtures.js';

// On a busy machine, a browser is slow.
vi.setConfig({ testTimeout: 60_000 });

/** What a page does that its reader does not see. */
interface Watched {
  readonly page: Page;
  /** Hosts that were asked for something. */
  readonly hosts: Set<string>;
  /** Errors and warnings of the console, uncaught exceptions, requests that failed. */
  readonly complaints: string[];
  /** Directives of the content security policy that something broke. */
  readonly breaches: string[];
}

const RESERVE = '.opblock:has([data-path="/v1/inventory/{id}/reserve"])';
const LIVE = `${RESERVE} .live-responses-table .response`;

const test = base
  .extend(
    'chromium',
    { scope: 'file' },
    opened(startChromium, (chromium) => chromium.close()),
  )
  /** The page as a stranger opens it, in a browser that knows nothing yet, with its operations in view. */
  .extend('openDocs', { scope: 'file' }, ({ service, chromium }) => async (): Promise<Watched> => {
    const page = await (await chromium.browser.createBrowserContext()).newPage();
    const watched: Watched = { page, hosts: new Set(), complaints: [], breaches: [] };
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:') watched.hosts.add(host);
    });
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) watched.complaints.push(message.text());
    });
    page.on('pageerror', (error) => watched.complaints.push(String(error)));
    page.on('requestfailed', (request) => watched.complaints.push(`failed: ${request.url()}`));
    await page.exposeFunction('breached', (directive: string) => watched.breaches.push(directive));
    await page.evaluateOnNewDocument(`document.addEventListener('securitypolicyviolation',
      (event) => window.breached(event.effectiveDirective));`);
    await page.setViewport({ width: 1280, height: 2000 });
    await page.goto(`${service.httpUrl}/docs`);
    await page.waitForSelector(RESERVE);
    return watched;
  })
  // Pages that several tests share, since opening one takes far longer than most of them.
  /** The page of the tests without credentials; they leave an operation open. */
  .extend('strangersDocs', { scope: 'file' }, ({ openDocs }) => openDocs())
  /** The page of the tests of its looks. */
  .extend('readersDocs', { scope: 'file' }, ({ openDocs }) => openDocs());

function expectQuiet({ hosts, complaints, breaches }: Watched, httpUrl: string): void {
  expect({ hosts: [...hosts], complaints, breaches }).toEqual({
    hosts: [new URL(httpUrl).host],
    complaints: [],
    breaches: [],
  });
}

/** Opens Reserve, and sends it as the page has filled it in; returns the status and the body that the page shows. */
async function tryReserve(page: Page): Promise<{ status: string; body: unknown }> {
  await page.click(`${RESERVE} .opblock-summary-control`);
  await (await page.waitForSelector(`${RESERVE} .try-out__btn`))!.click();
  await page.waitForSelector(`${RESERVE} .body-param__text`);
  await page.click(`${RESERVE} .execute`);
  await page.waitForSelector(LIVE);
  return {
    status: await textOf(page, `${LIVE} .response-col_status`),
    body: JSON.parse(await textOf(page, `${LIVE} .response-col_description .highlight-code code`)),
  };
}

/** Replaces what is in the field. */
async function enter(page: Page, field: string, text: string): Promise<void> {
  await page.focus(field);
  await page.keyboard.down('Control');
  await page.keyboard.press('a');
  await page.keyboard.up('Control');
  await page.keyboard.sendCharacter(text);
}

function textOf(page: Page, selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent?.trim() ?? '');
}

test('it shows every operation, asks no other host, and the browser has nothing to complain about', async ({
  service,
  strangersDocs: docs,
}) => {
  const shown = await docs.page.$$eval('.opblock', (blocks) =>
    blocks.map((block) => {
      const method = block.querySelector('.opblock-summary-method')?.textContent?.toLowerCase();
      return `${method} ${block.querySelector('.opblock-summary-path')?.getAttribute('data-path')}`;
    }),
  );
  const document = (await (await fetch(`${service.httpUrl}/openapi.json`)).json()) as { paths: object };
  const described = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  expect(described.length).toBeGreaterThan(1);
  expect(shown.sort()).toEqual(described.sort());
  expectQuiet(docs, service.httpUrl);
});

test('Reserve, tried with the demo credentials and nothing else, gives the published answer', async ({
  service,
  demo,
  openDocs,
}) => {
  const docs = await openDocs();
  const { page } = docs;
  await page.click('.btn.authorize');
  const fields = { '#auth-bearer-value': demo.token, '#api_key_value': demo.apiKey };
  for (const field of Object.keys(fields)) await page.waitForSelector(field);
  expect(await page.$$eval('.modal-ux input', (inputs) => inputs.map((input) => input.value))).toEqual([
    '',
    '',
  ]);
  for (const [field, value] of Object.entries(fields)) {
    await enter(page, field, value);
    await page.click(`form:has(${field}) .authorize`);
  }
  await page.click('.modal-ux .close-modal');

  // If the page filled in an idempotency key, each try would be a retry of the one before.
  let sent: HTTPRequest | undefined;
  page.on('request', (request) => {
    if (request.method() === 'PATCH') sent = request;
  });
  expect(await tryReserve(page)).toEqual({
    status: '200',
    body: {
      status: true,
      data: { id: 'inv_xyz789', onHandQty: 50, reservedQty: 7, availableQty: 43 },
    },
  });
  expect(new URL(sent!.url()).pathname).toBe(`/v1/inventory/${demo.inventoryId}/reserve`);
  expect(JSON.parse(sent!.postData()!)).toEqual({
    qty: 2,
    reference: 'ORD-20241201-0099',
    notes: 'Reserved for customer checkout',
  });
  expect(sent!.headers()).not.toHaveProperty('idempotency-key');
  expectQuiet(docs, service.httpUrl);

  const kept = await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]');
  expect(kept).toEqual([0, 0, '']);
});

test('without credentials the answer is 401', async ({ strangersDocs }) => {
  const { page } = strangersDocs;
  expect(await tryReserve(page)).toEqual({
    status: '401',
    body: {
      error: 'unauthenticated',
      message: 'Full authentication is required to access this resource',
      status: false,
      statusCode: 401,
    },
  });
});

test('it opens with a call to try; what the others say is folded, and a link leads to its operation', async ({
  service,
  readersDocs: docs,
}) => {
  expect(await docs.page.$(`${RESERVE}.is-open`)).toBeNull();
  const { page } = docs;
  const headings = await page.$$eval('.info h2', (all) =>
    all.map(
      (heading) =>
        [
          heading.textContent,
          (heading.closest('details') as { open: boolean } | null)?.open ?? null,
        ] as const,
    ),
  );
  const [first, ...others] = headings;
  expect(first).toEqual(['Try a call', null]);
  expect(others.length).toBeGreaterThan(1);
  expect(others.filter(([, open]) => open !== false)).toEqual([]);

  // The links lead from /docs to the pages next to it.
  const links = await page.$$eval('.info a', (all) =>
    all.map((link) => (link as unknown as { href: string }).href),
  );
  expect(links).toContain(`${service.httpUrl}/docs/errors`);
  await page.click('.info a[href="#/inventory/reserve"]');
  await page.waitForSelector(`${RESERVE}.is-open`);
  expectQuiet(docs, service.httpUrl);
});

test('it follows the browser into the dark and back', async ({ readersDocs }) => {
  const { page } = readersDocs;
  const background = async (scheme: 'light' | 'dark'): Promise<unknown> => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.waitForSelector(scheme === 'dark' ? 'html.dark-mode' : 'html:not(.dark-mode)');
    return page.evaluate('getComputedStyle(document.body).backgroundColor');
  };
  expect(await background('dark')).toBe('rgb(28, 32, 34)');
  expect(await background('light')).toBe('rgb(250, 250, 250)');
});

test('nothing is wider than a phone, with operations open and tried', async ({ readersDocs }) => {
  const { page } = readersDocs;
  await page.setViewport({ width: 390, height: 844 });
  const clickAll = (selector: string): Promise<void> =>
    page.$$eval(selector, (all) => {
      for (const one of all) (one as unknown as { click(): void }).click();
    });
  await clickAll('.info summary');
  // All of them would take a busy machine a minute; these have the longest parameters, bodies and answers.
  for (const path of ['/v1/orders/{reference}/reserve', '/v1/inventory/logs']) {
    await clickAll(`.opblock:has([data-path="${path}"]) .opblock-summary-control`);
    await page.waitForSelector(`.opblock:has([data-path="${path}"]) .responses-table`);
  }
  await clickAll('.try-out__btn');
  await page.waitForSelector('.opblock .execute');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
});

describe('what a hole in the page would try', () => {
  const append = (tag: string, property: string, value: string) =>
    `document.body.append(Object.assign(document.createElement('${tag}'), { ${property}: ${JSON.stringify(value)} }))`;
  test.for<[string, string, string]>([
    ['a script in the page', append('script', 'textContent', 'window.stolen = 1'), 'script-src-elem'],
    ['a script from elsewhere', append('script', 'src', 'http://127.0.0.2:9/x.js'), 'script-src-elem'],
    ['an event handler', append('div', 'innerHTML', '<img src="" onerror="stolen = 1">'), 'script-src-attr'],
    ['text as code', `setTimeout('window.stolen = 1')`, 'script-src'],
    ['a style in the page', append('style', 'textContent', '* { color: red }'), 'style-src-elem'],
    ['a style of an element', append('div', 'innerHTML', '<p style="color: red"></p>'), 'style-src-attr'],
    ['a picture from elsewhere', append('img', 'src', 'http://127.0.0.2:9/x.png'), 'img-src'],
    ['a call elsewhere', `fetch('http://127.0.0.2:9/').catch(() => {})`, 'connect-src'],
    ['a frame', append('iframe', 'src', 'http://127.0.0.2:9/'), 'frame-src'],
    ['another base', append('base', 'href', '/elsewhere/'), 'base-uri'],
  ])('%s breaks the policy', async ([_, code, directive], { readersDocs }) => {
    const { page } = readersDocs;
    const broken = await page.evaluate(`new Promise((resolve) => {
      const told = ({ effectiveDirective }) => resolve(effectiveDirective);
      document.addEventListener('securitypolicyviolation', told, { once: true });
      ${code};
    })`);
    expect(broken).toBe(directive);
    expect(await page.evaluate('window.stolen')).toBeUndefined();
  });
});

test('a link of an error leads to its reason, on a phone too and in the dark', async ({
  service,
  readersDocs,
}) => {
  // This test comes last, since it leaves the shared page for another one.
  const { page } = readersDocs;
  await page.setViewport({ width: 390, height: 844 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  for (const reason of Object.keys(reasons)) {
    await page.goto(`${service.httpUrl}/docs/errors#${reason.toLowerCase()}`);
    const shown = await page.$eval(':target h2', (heading) => {
      const { top } = (
        heading as unknown as { getBoundingClientRect(): { top: number } }
      ).getBoundingClientRect();
      return { text: heading.textContent, inView: top >= 0 && top < 844 };
    });
    expect(shown).toEqual({ text: reason, inView: true });
  }
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  const background = 'getComputedStyle(document.documentElement).backgroundColor';
  expect(await page.evaluate(background)).toBe('rgb(28, 32, 34)');
});
