import { connect } from 'node:http2';
import { describe, expect } from 'vitest';
import type { FailureReason } from '../../src/domain/failure.js';
import { CONTENT_SECURITY_POLICY, PAGE_HTML } from '../../src/transport/http/docs/docs-page-content.js';
import { helpOf, reasons } from '../conformance/contract.js';
import { startApp, type TestApp } from '../support/app.js';
import { closeDoors, openDoors } from '../support/doors.js';
import { test } from '../support/fixtures.js';
import { exchange, readResponses } from '../support/wire.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}
type Send = (to: TestApp, method: string, path: string, headers?: Record<string, string>) => Promise<Answer>;

/** Sends the path byte for byte, since HTTP clients tidy it. No request here has credentials. */
const overHttp1: Send = async ({ httpUrl }, method, path, headers = {}) => {
  const lines = Object.entries({ host: 'test', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const text = await exchange(httpUrl, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  if (method === 'HEAD') {
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { ...readResponses(`${head}\r\n\r\n`)[0]!, body };
  }
  return readResponses(text)[0]!;
};

const overHttp2: Send = ({ httpUrl }, method, path, headers = {}) =>
  new Promise((resolve, reject) => {
    const session = connect(httpUrl).on('error', reject);
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    let answer = { status: 0, headers: {} as Record<string, unknown>, body: '' };
    stream.on('response', ({ ':status': status, ...rest }) => {
      answer = { ...answer, status: status!, headers: rest };
    });
    stream.setEncoding('utf8').on('data', (text) => {
      answer.body += text;
    });
    stream.on('error', reject);
    stream.on('end', () => session.close(() => resolve(answer)));
    stream.end();
  });

describe.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2 in cleartext', overHttp2],
])('%s', (_, send) => {
  const files: [path: string, type: string, content: RegExp][] = [
    ['/docs', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['/docs?from=mail', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['/docs/page.js', 'text/javascript; charset=utf-8', /SwaggerUIBundle\(/],
    ['/docs/page.css', 'text/css; charset=utf-8', /^html \{/],
    ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', /LICENSE\.txt \*\/.{1000000}/s],
    ['/docs/swagger-ui-bundle.js.LICENSE.txt', 'text/plain; charset=utf-8', /@license/],
    ['/docs/swagger-ui.css', 'text/css; charset=utf-8', /\.swagger-ui/],
    ['/docs/favicon-32x32.png', 'image/png', /PNG/],
    ['/docs/errors', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['/docs/errors.css', 'text/css; charset=utf-8', /^html \{/],
  ];

  test.for(files)('GET %s: %s', async ([path, type, content], { service }) => {
    const answer = await send(service, 'GET', path);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(answer.body).toMatch(content);
  });

  test.for(files)('HEAD %s: no body', async ([path, type], { service }) => {
    const answer = await send(service, 'HEAD', path);
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'content-type': type } });
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
  });

  test('what the browser already has is not sent again', async ({ service }) => {
    const { etag } = (await send(service, 'GET', '/docs/swagger-ui.css')).headers;
    const again = await send(service, 'GET', '/docs/swagger-ui.css', { 'if-none-match': String(etag) });
    expect(again).toMatchObject({ status: 304, body: '', headers: { etag } });
  });

  test('the page may run, show and call what comes from here, and nothing else', async ({ service }) => {
    for (const path of ['/docs', '/docs/errors']) {
      const { headers } = await send(service, 'GET', path);
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
    }
    expect(CONTENT_SECURITY_POLICY).not.toContain('unsafe');
  });

  test('/docs/ leads to /docs, also behind a prefix', async ({ service }) => {
    const { status, headers } = await send(service, 'GET', '/docs/');
    expect([status, headers.location]).toEqual([308, '../docs']);
    expect(new URL('../docs', 'http://proxy.test/stock/docs/').pathname).toBe('/stock/docs');
  });

  test.for<[string, string, number]>([
    ['POST', '/docs', 405],
    ['PUT', '/docs/page.js', 405],
    ['DELETE', '/docs/swagger-ui.css', 405],
    ['GET', '/docs/index.html', 404],
    ['GET', '/docs/package.json', 404],
    ['GET', '/docs/swagger-ui-bundle.js.map', 404],
    ['GET', '/docs/swagger-ui.css/', 404],
    ['GET', '/docs//swagger-ui.css', 404],
    ['GET', '/docs/SWAGGER-UI.css', 404],
    ['GET', '/docs/../package.json', 404],
    ['GET', '/docs/../docs', 404],
    ['GET', '/docs/../../typeorm/package.json', 404],
    ['GET', '/docs/..%2fpackage.json', 404],
    ['GET', '/docs/%2e%2e/package.json', 404],
    ['GET', '/docs/..\\package.json', 404],
    ['GET', '/docs/swagger-ui.css%00', 404],
    ['GET', '/docs//etc/passwd', 404],
    ['GET', '/docs/__proto__', 404],
    ['GET', '/Docs', 404],
  ])('%s %s: %i', async ([method, path, status], { service }) => {
    const answer = await send(service, method, path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status: false, code: 'MALFORMED_REQUEST' });
    if (status === 405) expect(answer.headers.allow).toBe('GET, HEAD');
  });
});

test('all that the page names is here, or next to it', async ({ service }) => {
  const named = [...PAGE_HTML.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
  expect(named).toHaveLength(6);
  for (const address of named.filter((name) => name !== 'openapi.json')) {
    expect(address).toMatch(/^docs\//);
    expect((await overHttp1(service, 'GET', `/${address}`)).status).toBe(200);
  }
});

describe('/', () => {
  const json = '{"name":"Holdfast","docs":"/docs","openapi":"/openapi.json","health":"/healthz"}';
  const html = /<a href="docs">.*<a href="openapi\.json">/s;

  test.for<[accept: string | undefined, type: string, content: string | RegExp]>([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8', html],
    ['text/html', 'text/html; charset=utf-8', html],
    [undefined, 'application/json', json],
    ['*/*', 'application/json', json],
    ['application/json', 'application/json', json],
    ['text/html;q=0.5, application/json', 'application/json', json],
    ['text/plain', 'application/json', json],
  ])('Accept %s: %s', async ([accept, type, content], { service }) => {
    const answer = await overHttp1(service, 'GET', '/', accept === undefined ? {} : { accept });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': type, vary: 'Accept, Accept-Encoding' });
    expect(answer.body).toMatch(content);
  });
});

test('DOCS=off, METRICS=off: no such paths, and no link to them', async () => {
  const closed = await startApp({ DOCS: 'off', METRICS: 'off' });
  try {
    const page = await fetch(closed.httpUrl, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('href');
    expect(await (await fetch(closed.httpUrl)).json()).toEqual({ name: 'Holdfast', health: '/healthz' });
    for (const path of [
      '/docs',
      '/docs/',
      '/docs/errors',
      '/docs/page.js',
      '/docs/swagger-ui-bundle.js',
      '/metrics',
    ]) {
      const response = await fetch(`${closed.httpUrl}${path}`, { redirect: 'manual' });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ message: `No static resource ${path.slice(1)}.` });
    }
    expect(await linksOf(closed)).toEqual({ REST: undefined, gRPC: undefined });
  } finally {
    await closed.close();
  }
});

describe('links of errors', () => {
  const anchor = '/docs/errors#inventory_not_found';

  test('by default they lead to the very port', async () => {
    const plain = await startApp({ PUBLIC_URL: '' });
    try {
      const url = `${plain.httpUrl}${anchor}`;
      const links = await linksOf(plain);
      expect(links).toEqual({ REST: url, gRPC: url });
      expect(await (await fetch(links.REST!)).text()).toContain('<section id="inventory_not_found">');
    } finally {
      await plain.close();
    }
  });

  test('a port that listens everywhere knows no address, but its own path', async () => {
    const everywhere = await startApp({ PUBLIC_URL: '', HOST: '0.0.0.0' });
    try {
      expect(await linksOf(everywhere)).toEqual({ REST: anchor, gRPC: undefined });
    } finally {
      await everywhere.close();
    }
  });

  test.for(Object.keys(reasons) as FailureReason[])(
    '%s has its place on the page',
    async (reason, { service }) => {
      const page = (await overHttp1(service, 'GET', '/docs/errors')).body;
      const { hash } = new URL(helpOf(reason));
      const section = page.split('<section ').find((text) => text.startsWith(`id="${hash.slice(1)}">`));
      expect(section).toContain(`<h2><a href="${hash}">${reason}</a></h2>`);
      expect(section).toContain(`HTTP ${reasons[reason].httpStatus}</p>`);
      expect(section).toMatch(
        /<p>[A-Z][^\n]+\.<\/p>\n.*What to do:<\/strong> [A-Z][^\n]+\.<\/p>\n.*<q>[^<]+<\/q>/,
      );
      expect(section).not.toContain('`');
    },
  );
});

/** What an error links to, on each port. */
async function linksOf(service: TestApp) {
  const credentials = await service.createMerchant();
  const doors = openDoors(service);
  const link = async (door: 'REST' | 'gRPC') =>
    (await doors[door].call('GetInventory', { id: 'inv_none' }, { credentials })).help;
  try {
    return { REST: await link('REST'), gRPC: await link('gRPC') };
  } finally {
    closeDoors(doors);
  }
}
