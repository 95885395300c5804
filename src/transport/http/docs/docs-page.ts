import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PathAnswer } from '../request-listener.js';
import { Asset, textAsset } from './docs-page-asset.js';
import { CONTENT_SECURITY_POLICY, PAGE_HTML, PAGE_SCRIPT, PAGE_STYLE } from './docs-page-content.js';

/** Files of swagger-ui-dist that the page needs, and the licences that the bundle refers to. */
const packageFiles: Readonly<Record<string, string>> = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-bundle.js.LICENSE.txt': 'text/plain; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/**
 * The interactive documentation, by path: `/docs` shows the `/openapi.json` next to it. Paths come from a fixed list
 * and are never joined, so nothing else on the disk can be reached. Throws if swagger-ui-dist is not installed.
 */
export function docsPage(): ReadonlyMap<string, PathAnswer> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const routes = new Map<string, PathAnswer>();
  const serve = (path: string, asset: Asset): void => {
    routes.set(path, (request, response) => asset.answer(request, response));
  };
  serve(
    '/docs',
    textAsset(PAGE_HTML, 'text/html; charset=utf-8', { 'content-security-policy': CONTENT_SECURITY_POLICY }),
  );
  serve('/docs/page.js', textAsset(PAGE_SCRIPT, 'text/javascript; charset=utf-8'));
  serve('/docs/page.css', textAsset(PAGE_STYLE, 'text/css; charset=utf-8'));
  for (const [name, contentType] of Object.entries(packageFiles)) {
    serve(`/docs/${name}`, new Asset({ contentType, read: () => readFile(join(folder, name)) }));
  }
  // The page's own addresses are relative to a path without the slash.
  routes.set('/docs/', async (_, response) => {
    response.writeHead(308, { location: '../docs' }).end();
  });
  return routes;
}
