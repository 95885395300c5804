import type { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from '../config.js';
import { oneLine, printable } from '../printable.js';
import { LogStream } from './log-stream.js';

export type { Logger };

/**
 * Logs JSON lines to standard error, or formatted lines if that is a terminal, which text from data cannot control.
 * Errors are written with their causes. Standard output is for what a person or a script asked for.
 */
export function createLogger(
  level: LogLevel,
  stream: Writable & { readonly isTTY?: boolean } = process.stderr,
): Logger {
  const options = { level, base: null, serializers: { err: pino.stdSerializers.errWithCause } };
  const lines = new LogStream(stream);
  const prettify = prettyFactory({ colorize: true });
  const render = stream.isTTY ? (line: string) => prettify(harmless(JSON.parse(line)) as object) : printable;
  return pino(options, { write: (line: string) => lines.write(line, render) });
}

/** Makes a log value safe for a terminal. Only stacks keep their line ends. */
function harmless(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? printable(value) : oneLine(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => harmless(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [oneLine(key), harmless(item, key)]));
}
