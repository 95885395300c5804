import type { Logger } from '../telemetry/logger.js';

/** Warnings of one kind in a minute; those beyond are only counted. */
const WARNINGS_A_MINUTE = 10;

/**
 * A warning that may come for each of a thousand things at once. The first one in a later minute says how many were
 * left out. `find` looks up more fields, and is called only for warnings that are logged.
 */
export function boundedWarning(
  logger: Logger,
  message: string,
): (fields: object, find?: () => Promise<object>) => void {
  let minute = 0;
  let warned = 0;
  return (fields, find) => {
    const now = Math.floor(Date.now() / 60_000);
    const leftOut = Math.max(0, warned - WARNINGS_A_MINUTE);
    if (now !== minute) {
      minute = now;
      warned = 0;
      if (leftOut > 0) logger.warn({ warnings: leftOut }, `${message}: so many more in the last minute`);
    }
    warned++;
    if (warned > WARNINGS_A_MINUTE) return;
    if (find === undefined) logger.warn(fields, message);
    else void find().then((found) => logger.warn({ ...fields, ...found }, message));
  };
}
