import { anchorOf, ERRORS_PAGE } from '../../failures/help-links.js';
import type { PathAnswer } from '../request-listener.js';
import { readDocsFile } from './docs-file.js';
import { Asset, textAsset } from './docs-page-asset.js';
import { CONTENT_SECURITY_POLICY } from './docs-page-content.js';

/**
 * The reasons of docs/errors.md by path, one section each, to which the links of failures lead. Throws when that file
 * was not shipped.
 */
export function errorsPage(): ReadonlyMap<string, PathAnswer> {
  const read = readDocsFile('errors.md');
  const page = new Asset({
    contentType: 'text/html; charset=utf-8',
    headers: { 'content-security-policy': CONTENT_SECURITY_POLICY },
    read: async () => Buffer.from(errorsHtml((await read()).toString())),
  });
  const style = textAsset(STYLE, 'text/css; charset=utf-8');
  return new Map<string, PathAnswer>([
    [ERRORS_PAGE, (request, response) => page.answer(request, response)],
    [`${ERRORS_PAGE}.css`, (request, response) => style.answer(request, response)],
  ]);
}

/** Addresses are relative, so that the page also works behind a proxy that puts a prefix before `/docs`. */
export function errorsHtml(markdown: string): string {
  const reasons = reasonsOf(markdown);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Holdfast: reasons to fail</title>
    <link rel="stylesheet" href="errors.css">
    <link rel="icon" type="image/png" sizes="32x32" href="favicon-32x32.png">
  </head>
  <body>
    <p><a href="../docs">The REST API, to read and to try</a></p>
    <h1>Reasons to fail</h1>
    <p>A failed call names its reason: in <code>code</code> of a REST body, in <code>reason</code> of
      <code>google.rpc.ErrorInfo</code> elsewhere. Programs act on it; messages are for people.</p>
    <ul>${reasons.map(({ name }) => `\n      <li>${linkTo(name)}</li>`).join('')}
    </ul>${reasons.map(section).join('')}
  </body>
</html>
`;
}

interface Reason {
  readonly name: string;
  readonly grpcCode: string;
  readonly httpStatus: string;
  readonly when: string;
  readonly whatToDo: string;
  readonly message: string;
}

/** The rows of the table, of which each begins with a reason. */
function reasonsOf(markdown: string): Reason[] {
  return markdown.split('\n').flatMap((line) => {
    const name = /^\| `([A-Z_]+)` \|/.exec(line)?.[1];
    if (name === undefined) return [];
    const cells = line.split('|').map((cell) => cell.trim());
    const [, , grpcCode = '', httpStatus = '', when = '', whatToDo = '', message = ''] = cells;
    return [{ name, grpcCode, httpStatus, when, whatToDo, message }];
  });
}

function section({ name, grpcCode, httpStatus, when, whatToDo, message }: Reason): string {
  return `
    <section id="${anchorOf(name)}">
      <h2>${linkTo(name)}</h2>
      <p>gRPC ${html(grpcCode)}, HTTP ${html(httpStatus)}</p>
      <p>${html(when)}</p>
      <p><strong>What to do:</strong> ${html(whatToDo)}</p>
      <p>Example: <q>${html(message)}</q></p>
    </section>`;
}

function linkTo(name: string): string {
  return `<a href="#${anchorOf(name)}">${name}</a>`;
}

/** A cell's Markdown: text, and code between backticks. */
function html(cell: string): string {
  const escaped = cell.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

const STYLE = `html {
  color-scheme: light dark;
  background: #fafafa;
  color: #3b4151;
}

body {
  max-width: 46rem;
  margin: 0 auto;
  padding: 1rem;
  font-family: sans-serif;
  line-height: 1.5;
  overflow-wrap: anywhere;
}

h2 {
  font-size: 1.1rem;
}

code {
  font-family: monospace;
  font-size: 0.95em;
  font-weight: 600;
}

section {
  padding: 0.1rem 1rem;
  border-left: 3px solid #d0d4da;
  margin-bottom: 1.5rem;
}

/* Where a link has led. */
section:target {
  border-color: #2f7ed8;
  background: #e9f1fb;
}

@media (prefers-color-scheme: dark) {
  html {
    background: #1c2022;
    color: #e4e6e6;
  }

  section {
    border-color: #454d52;
  }

  section:target {
    border-color: #5fa2ee;
    background: #26333f;
  }
}
`;
