import type { EngineObserver } from '../engine/engine.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { DispatchObserver } from '../transport/dispatch/dispatcher.js';
import type { StreamObserver } from '../transport/dispatch/stream-dispatcher.js';

export function engineObserver(
  metrics: Metrics,
  logger: Logger,
  changed: EngineObserver['changed'],
): EngineObserver {
  // A failed batch gives all its callers the same error object: log it once.
  const told = new WeakSet<object>();
  const warnOfRecord = boundedWarning(logger, 'another transaction keeps a record locked; its commands wait');
  return {
    batch: (commands) => metrics.batch(commands),
    retry: (err) => {
      metrics.retried();
      logger.debug({ err }, 'a transaction is retried');
    },
    changed,
    recordKept: ({ merchantId, id }, commands, waitedMs) => {
      metrics.recordKept();
      warnOfRecord({ merchantId, inventoryId: id, commands, waitedMs });
    },
    failed: (err) => {
      if (typeof err !== 'object' || err === null || told.has(err)) return;
      told.add(err);
      logger.error({ err }, 'a transaction failed');
    },
  };
}

/** Warnings of one kind in a minute; those beyond are only counted. */
const WARNINGS_A_MINUTE = 10;

/** A warning that may come for each of a thousand records at once. The first of the next minute tells how many were left out. */
function boundedWarning(logger: Logger, message: string): (fields: object) => void {
  let minute = 0;
  let warned = 0;
  return (fields) => {
    const now = Math.floor(Date.now() / 60_000);
    const leftOut = Math.max(0, warned - WARNINGS_A_MINUTE);
    if (now !== minute) {
      minute = now;
      warned = 0;
      if (leftOut > 0) logger.warn({ warnings: leftOut }, `${message}: so many more in the last minute`);
    }
    warned++;
    if (warned <= WARNINGS_A_MINUTE) logger.warn(fields, message);
  };
}

export function dispatchObserver(metrics: Metrics, logger: Logger): DispatchObserver {
  return {
    replied: ({ method }, reply, durationMs, requestId) => {
      metrics.called(method.name, reply.ok ? 'OK' : reply.failure.reason, durationMs);
      if (!reply.ok) logRefusal(logger, method, reply.failure.reason, requestId);
    },
    crashed: (err, { method }, requestId) => {
      logger.error({ err, rpc: method.name, requestId }, 'a call failed');
    },
  };
}

export function streamObserver(metrics: Metrics, logger: Logger): StreamObserver {
  return {
    refused: ({ method }, { reason }, requestId) => {
      metrics.streamRefused(method.name, reason);
      logRefusal(logger, method, reason, requestId);
    },
    opened: ({ method }) => metrics.streamOpened(method.name),
    ended: ({ method }, failure) => metrics.streamEnded(method.name, failure?.reason ?? 'OK'),
  };
}

function logRefusal(logger: Logger, rpc: { name: string }, reason: string, requestId: string): void {
  logger.debug({ rpc: rpc.name, reason, requestId }, 'a call is refused');
}
