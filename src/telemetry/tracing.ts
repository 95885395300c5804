import type { OtelConfig } from '../otel-config.js';
import type { Logger } from './logger.js';
import type { ExportObserver } from './otlp/exporter.js';
import type { Tracing } from './spans.js';

const WARNING_INTERVAL_MS = 60_000;

/** Starts to send spans, if that is wanted. The library is loaded only then. */
export async function startTracing(
  config: OtelConfig,
  version: string,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<Tracing | undefined> {
  const endpoint = config.exporterOtlpEndpoint;
  if (endpoint === undefined) return undefined;
  const { OtlpTracing } = await import('./otlp/otlp-tracing.js');
  const warn = onceAMinute((fields, message) => logger.warn(fields, message));
  return new OtlpTracing({
    config,
    endpoint,
    version,
    observer: exportObserver(logger, warn),
    onWarning: (why) => warn({ why }, 'OpenTelemetry warns'),
  });
}

/** Spans that cannot be sent are lost. That affects no call, so one warning a minute is enough. */
function exportObserver(logger: Pick<Logger, 'info'>, warn: Warn): ExportObserver {
  let lost = 0;
  return {
    failed: (err, spans) => {
      lost += spans;
      warn({ err, lost }, 'spans cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT; calls go on without');
    },
    succeeded: () => {
      if (lost > 0) logger.info({ lost }, 'spans can be sent again');
      lost = 0;
    },
  };
}

type Warn = (fields: object, message: string) => void;

function onceAMinute(warn: Warn, nowMs: () => number = () => performance.now()): Warn {
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  return (fields, message) => {
    if (nowMs() - warnedAtMs < WARNING_INTERVAL_MS) return;
    warnedAtMs = nowMs();
    warn(fields, message);
  };
}
