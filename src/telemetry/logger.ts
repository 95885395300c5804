import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../config.js';

export type { Logger };

/**
 * JSON lines on standard error, pretty where that is a terminal. Errors are written with their causes. Standard
 * output is for what a person or a script asked for.
 */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: null, serializers: { err: pino.stdSerializers.errWithCause } };
  return process.stderr.isTTY
    ? pino(options, pretty({ colorize: true, sync: true, destination: 2 }))
    : pino(options, pino.destination({ fd: 2, sync: true }));
}
