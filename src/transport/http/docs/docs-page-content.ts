/**
 * What the browser may do on the page: run and show what this origin serves, and call this origin. Swagger UI needs no
 * inline scripts, inline styles or `eval`; its style sheet has its icons as `data:` images.
 * https://www.w3.org/TR/CSP3/
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Addresses are relative, so that the page also works behind a proxy that adds a prefix to `/docs`. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Holdfast API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="stylesheet" href="docs/page.css">
    <link rel="icon" type="image/png" sizes="32x32" href="docs/favicon-32x32.png">
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/page.js" defer></script>
  </head>
  <body>
    <noscript>This page needs JavaScript. The API is described in <a href="openapi.json">openapi.json</a>.</noscript>
    <div id="swagger-ui"></div>
  </body>
</html>
`;

/**
 * Leaves out the top bar, which could load any other document, and the badge, which would send the document elsewhere.
 * Swagger UI has dark colours, but a switch in the top bar chooses them; here the browser does. The description's first
 * section, a call to try, stays open; the others fold to their headings.
 */
export const PAGE_SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)');
const followBrowser = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followBrowser);
followBrowser();

function fold(description) {
  for (const heading of [...description.querySelectorAll('h2')].slice(1)) {
    const section = document.createElement('details');
    const summary = document.createElement('summary');
    heading.before(section);
    summary.append(heading);
    section.append(summary);
    while (section.nextSibling !== null && section.nextSibling.nodeName !== 'H2') section.append(section.nextSibling);
  }
  // Links to an operation stay on this page, which has the credentials. Swagger UI would open them in a new tab.
  for (const link of description.querySelectorAll('a[href^="#"]')) link.removeAttribute('target');
}

new MutationObserver((_, observer) => {
  const description = document.querySelector('.info .description .renderedMarkdown');
  if (description === null) return;
  observer.disconnect();
  fold(description);
}).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true });

const ui = SwaggerUIBundle({
  // The calls of operators have a document, and credentials, of their own.
  url: new URL(location.search === '?merchants' ? 'openapi-merchants.json' : 'openapi.json', document.baseURI).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
// Swagger UI reads the fragment only when it starts.
addEventListener('hashchange', () => ui.layoutActions.parseDeepLinkHash(location.hash));
`;

/** Also sets the colours of both schemes, for the moment before the script runs; they are Swagger UI's. */
export const PAGE_STYLE = `html {
  color-scheme: light dark;
}

body {
  margin: 0;
  background: #fafafa;
}

@media (prefers-color-scheme: dark) {
  body {
    background: #1c2022;
    color: #e4e6e6;
  }
}

noscript {
  display: block;
  padding: 2rem;
  font-family: sans-serif;
}

.swagger-ui .info {
  margin: 2rem 0;
}

.swagger-ui .info summary {
  cursor: pointer;
}

.swagger-ui .info summary h2 {
  display: inline-block;
  margin: 0.4rem 0;
  font-size: 1.1rem;
}

/* The document links no operations, so the column would say "No links" each time. */
.swagger-ui .response-col_links {
  display: none;
}

/* Swagger UI leaves this one dark on a dark background. */
.dark-mode .swagger-ui .examples-select__section-label {
  color: inherit;
}

/* On a phone, side-by-side elements are stacked. */
@media (max-width: 640px) {
  .swagger-ui :is(table.parameters, table.responses-table),
  .swagger-ui :is(table.parameters, table.responses-table) > tbody,
  .swagger-ui :is(table.parameters, table.responses-table) > tbody > tr,
  .swagger-ui :is(table.parameters, table.responses-table) > tbody > tr > td {
    display: block;
    box-sizing: border-box;
    width: 100%;
    min-width: 0;
    max-width: none;
  }

  .swagger-ui :is(table.parameters, table.responses-table) > thead {
    display: none;
  }

  .swagger-ui :is(.parameters-col_description, .response-col_description) {
    padding-top: 0;
  }
}
`;
