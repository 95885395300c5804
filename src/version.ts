import { readFileSync } from 'node:fs';

/** Of package.json, one folder up from here, built or not: its only source. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
