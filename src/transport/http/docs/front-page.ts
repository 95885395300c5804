import { weightOfType } from '../../../transcoding/index.js';
import type { PathAnswer } from '../request-listener.js';
import { textAsset } from './docs-page-asset.js';

/** Addresses are relative, so that the page also works behind a proxy that adds a prefix to all paths. */
const page = (links: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Holdfast</title>
  </head>
  <body>
    <h1>Holdfast</h1>
    <p>Stock reservations that cannot oversell.</p>
    ${links}
  </body>
</html>
`;

const DOCS_LINKS = `<ul>
      <li><a href="docs">The REST API, to read and to try</a></li>
      <li><a href="docs?merchants">Merchants and their keys, for operators</a></li>
      <li>The same for programs: <a href="openapi.json">openapi.json</a>, <a href="openapi.yaml">openapi.yaml</a></li>
      <li><a href="docs/errors">Every reason to fail, and what to do</a></li>
    </ul>`;

const NO_DOCS = '<p>This service does not serve its documentation.</p>';

const secured = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** What `/` answers: a page to clients that prefer HTML to JSON, as browsers do; JSON to all others. */
export function frontPage(docs: boolean): ReadonlyMap<string, PathAnswer> {
  const html = textAsset(page(docs ? DOCS_LINKS : NO_DOCS), 'text/html; charset=utf-8', secured);
  const named = docs ? { docs: '/docs', openapi: '/openapi.json' } : {};
  const json = textAsset(
    JSON.stringify({ name: 'Holdfast', ...named, health: '/healthz' }),
    'application/json',
  );
  return new Map<string, PathAnswer>([
    [
      '/',
      (request, response) => {
        const vary = response.getHeader('vary');
        response.setHeader('vary', vary === undefined ? 'Accept' : `${vary}, Accept`);
        const weight = (type: string): number => weightOfType(request.headers.accept, type).quality;
        const likesHtml = weight('text/html') > weight('application/json');
        return (likesHtml ? html : json).answer(request, response);
      },
    ],
  ]);
}
