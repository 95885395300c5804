import type { EnvironmentReader } from './environment.js';

const PASSWORD_HINT =
  '; in its password, write @ / # % as %40 %2F %23 %25, or set DATABASE_PASSWORD to the unencoded password';

/** DATABASE_URL with the password of DATABASE_PASSWORD in it: a URL's password is percent-encoded, the other is not. */
export function readDatabaseUrl(read: EnvironmentReader, faults: string[]): string | undefined {
  const url = read.url('DATABASE_URL', ['postgres:', 'postgresql:'], PASSWORD_HINT);
  const password = read.text('DATABASE_PASSWORD');
  if (password !== undefined && !read.isSet('DATABASE_URL')) {
    faults.push('DATABASE_PASSWORD: needs DATABASE_URL');
  }
  if (url === undefined) return undefined;
  const parts = new URL(url);
  if (![parts.username, parts.password, parts.pathname].every(isPercentEncoded)) {
    faults.push(`DATABASE_URL: has a % that does not begin a percent-encoded character${PASSWORD_HINT}`);
  }
  // An unencoded password cuts the URL short, and the rest would be taken for a host or database.
  if (parts.hash !== '' || /[@/]/.test(parts.pathname.slice(1))) {
    faults.push(`DATABASE_URL: must be postgresql://user:password@host:port/database${PASSWORD_HINT}`);
  }
  if (password === undefined) return url;
  if (parts.password !== '') {
    faults.push('DATABASE_URL and DATABASE_PASSWORD: only one of the two can have a password');
  }
  if (parts.username === '') faults.push('DATABASE_PASSWORD: needs a user in DATABASE_URL');
  parts.password = encodeURIComponent(password);
  return parts.href;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
