import { readFileSync } from 'node:fs';

/** The version in package.json, its only source, one folder up from here, built or not. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
