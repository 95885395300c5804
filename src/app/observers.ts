import type { Failure } from '../domain/failure.js';
import type { EngineObserver } from '../engine/engine.js';
import type { CallOrigin } from '../service/call.js';
import type { AccessObserver } from '../telemetry/access-log.js';
import type { Logger } from '../telemetry/logger.js';
import type { CallLabels } from '../telemetry/metrics/call-metrics.js';
import type { Metrics } from '../telemetry/metrics/metrics.js';
import type { DispatchObserver } from '../transport/dispatch/call-observer.js';
import type { OpenedStream, StreamObserver } from '../transport/dispatch/stream-dispatcher.js';
import { outcomeOf } from '../transport/failures/failure-facts.js';
import { boundedWarning } from './bounded-warning.js';
import type { CallSpans } from './call-spans.js';
import type { ReadinessOptions, Status } from './readiness.js';
import type { Stalls } from './stalls.js';

export function engineObserver(
  { engine: metrics }: Metrics,
  logger: Logger,
  { holdersOf }: Pick<Stalls, 'holdersOf'>,
  changed: EngineObserver['changed'],
): Omit<EngineObserver, 'done'> {
  // A failed batch gives all its callers the same error object: log it once.
  const told = new WeakSet<object>();
  const warnOfRecord = boundedWarning(logger, 'another transaction keeps a record locked; its commands wait');
  return {
    batch: (commands) => metrics.batch(commands),
    taken: (waitedMs) => metrics.taken(waitedMs),
    split: () => metrics.split(),
    settled: (as) => metrics.settled(as),
    recordFree: (waitedMs) => metrics.recordFree(waitedMs),
    retry: (err, cause) => {
      metrics.retried(cause);
      logger.debug({ err }, 'a transaction is retried');
    },
    changed,
    recordKept: (record, commands, waitedMs) => {
      metrics.recordKept();
      const { merchantId, id: inventoryId } = record;
      warnOfRecord({ merchantId, inventoryId, commands, waitedMs }, async () => ({
        heldBy: await holdersOf(record),
      }));
    },
    failed: (err) => {
      if (typeof err !== 'object' || err === null || told.has(err)) return;
      told.add(err);
      logger.error({ err }, 'a transaction failed');
    },
  };
}

export interface CallObserverMeans {
  readonly metrics: Pick<Metrics, 'calls'>;
  readonly logger: Logger;
  readonly spans: CallSpans;
  /** Undefined: calls have no lines of their own. */
  readonly access: AccessObserver | undefined;
}

export function dispatchObserver({
  metrics: { calls },
  logger,
  spans,
  access,
}: CallObserverMeans): DispatchObserver {
  return {
    began: (operation, arrival) => spans.call(operation, arrival),
    beganWithin: (bringer, operation) => spans.within(bringer, operation),
    replied: (call) => {
      const { operation, origin, merchantId, reply, durationMs, within, span } = call;
      const { method } = operation;
      const failure = reply.ok ? undefined : reply.failure;
      spans.end(call, failure, reply.replayed);
      calls.called(labelsOf(method, origin, failure), durationMs, reply.replayed);
      const reason = failure?.reason ?? 'OK';
      access?.({ rpc: method.name, origin, merchantId, reason, durationMs, within, span });
      if (failure !== undefined) logRefusal(logger, method, failure.reason, origin);
    },
    crashed: (err, { method }, { requestId }) => {
      logger.error({ err, rpc: method.name, requestId }, 'a call failed');
    },
  };
}

export function streamObserver({
  metrics: { calls },
  logger,
  spans,
  access,
}: CallObserverMeans): StreamObserver {
  const end = (stream: OpenedStream, failure: Failure | undefined): void => {
    const { operation, sinceMs, ...call } = stream;
    spans.end(stream, failure, false);
    const durationMs = performance.now() - sinceMs;
    access?.({ ...call, rpc: operation.method.name, reason: failure?.reason ?? 'OK', durationMs });
  };
  return {
    began: (operation, arrival) => spans.stream(operation, arrival),
    refused: (stream, failure) => {
      const { operation, origin } = stream;
      const { method } = operation;
      end(stream, failure);
      calls.streamRefused(labelsOf(method, origin, failure));
      logRefusal(logger, method, failure.reason, origin);
    },
    opened: ({ operation: { method }, origin }) => calls.streamOpened(method.name, origin.door),
    ended: (stream, failure) => {
      calls.streamEnded(labelsOf(stream.operation.method, stream.origin, failure));
      end(stream, failure);
    },
  };
}

function labelsOf(
  { name: rpc }: { name: string },
  { door }: CallOrigin,
  failure: Failure | undefined,
): CallLabels {
  return { rpc, door, outcome: outcomeOf(failure), reason: failure?.reason ?? 'OK' };
}

function logRefusal(logger: Logger, rpc: { name: string }, reason: string, origin: CallOrigin): void {
  // Reading the request id may create it, which takes time.
  if (!logger.isLevelEnabled('debug')) return;
  logger.debug({ rpc: rpc.name, reason, requestId: origin.requestId }, 'a call is refused');
}

/** Passes readiness on to gRPC's health service, and logs it. */
export function readinessObserver(
  logger: Logger,
  grpc: { setServing(serving: boolean): void },
): ReadinessOptions['onChange'] {
  return (status, errors) => {
    grpc.setServing(status.is !== 'down');
    logReadiness(logger, status, errors);
  };
}

export function logReadiness(logger: Logger, { is, why }: Status, errors: readonly unknown[]): void {
  const ready = is !== 'down';
  const [err] = errors;
  const told = { ready, ...why, ...(err === undefined ? {} : { err }) };
  if (is === 'degraded') logger.warn(told, 'ready, but degraded');
  else logger.info(told, ready ? 'ready' : 'not ready');
}
