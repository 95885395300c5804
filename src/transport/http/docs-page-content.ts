/**
 * What the browser may do on the page: run and show what this origin serves, and call this origin. Swagger UI needs
 * neither inline scripts nor inline styles nor `eval`; its style sheet brings its icons as `data:` images.
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

/** Addresses are relative, so that the page also works behind a proxy that puts a prefix before `/docs`. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
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

/** Without the top bar, which could load any other document, and without the badge, which would send it elsewhere. */
export const PAGE_SCRIPT = `SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

export const PAGE_STYLE = `body {
  margin: 0;
  background: #fafafa;
}

noscript {
  display: block;
  padding: 2rem;
  font-family: sans-serif;
}
`;
