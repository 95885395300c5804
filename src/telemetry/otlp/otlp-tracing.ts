import { randomUUID } from 'node:crypto';
import {
  type Context,
  DiagLogLevel,
  diag,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, type Sampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtelConfig } from '../../otel-config.js';
import { inTime } from '../../timing/in-time.js';
import type { BatchSpan, CallSpan, SentTrace, SpanAttributes, SpanPlace, Tracing } from '../spans.js';
import { readTraceparent } from '../trace-context.js';
import { type ExportObserver, ObservedExporter } from './exporter.js';
import { createSampler } from './sampler.js';

/** The most spans that may wait to be sent. More are dropped. */
const WAITING_SPANS_MAX = 8192;
/** The most spans of one request. Writing them blocks the event loop for a few milliseconds. */
const SENT_SPANS_MAX = 512;
const SEND_INTERVAL_MS = 1000;
const LEFT_UNDONE: SpanAttributes = { 'holdfast.left_undone': true };
/** As many commands as a batch can have. */
const LINKS_MAX = 5000;

export interface OtlpOptions {
  readonly config: OtelConfig;
  readonly endpoint: string;
  readonly version: string;
  readonly observer: ExportObserver;
  /** The library has something to say, such as that spans were dropped or that a setting is faulty. */
  readonly onWarning: (message: string) => void;
}

/**
 * Tracing by OpenTelemetry's SDK, sent by OTLP over HTTP. Contexts are passed on by hand, so that no hooks slow other
 * work.
 */
export class OtlpTracing implements Tracing {
  readonly #processor: BatchSpanProcessor;
  readonly #calls: Tracer;
  readonly #batches: Tracer;
  /** Recorded calls without an answer, by their span's id: they are linked to the batches that carry them. */
  readonly #open = new Map<string, Span>();

  constructor({ config, endpoint, version, observer, onWarning }: OtlpOptions) {
    const ignore = (): void => {};
    diag.setLogger(
      { error: onWarning, warn: onWarning, info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    this.#processor = new BatchSpanProcessor({
      exporter: new ObservedExporter(config, endpoint, observer),
      maxQueueSize: WAITING_SPANS_MAX,
      maxExportBatchSize: SENT_SPANS_MAX,
      scheduledDelayMillis: SEND_INTERVAL_MS,
    });
    const tracer = (sampler: Sampler): Tracer => {
      const provider = new TracerProvider({
        sampler,
        spanProcessors: [this.#processor],
        spanLimits: { linkCountLimit: LINKS_MAX },
        resource: resourceOf(config, version),
      });
      return provider.getTracer('holdfast', version);
    };
    this.#calls = tracer(createSampler(config));
    // Its calls decide whether a batch is recorded.
    this.#batches = tracer(new AlwaysOnSampler());
  }

  call(name: string, sent: SentTrace): CallSpan {
    return this.#begin(name, { context: contextOf(sent) }, false);
  }

  stream(name: string, sent: SentTrace): CallSpan {
    const context = contextOf(sent);
    return this.#begin(name, { context }, context === ROOT_CONTEXT);
  }

  batch({ startedAtMs, calls, blocked, attributes, error }: BatchSpan): void {
    const links = [...calls.map((call) => linkTo(call)), ...blocked.map((call) => linkTo(call, LEFT_UNDONE))];
    const batch = this.#batches.startSpan(
      'batch',
      { startTime: startedAtMs, attributes, links },
      ROOT_CONTEXT,
    );
    if (error !== undefined) {
      batch.setAttribute('error.type', error);
      batch.setStatus({ code: SpanStatusCode.ERROR });
    }
    batch.end();
    for (const { spanId } of calls) this.#open.get(spanId)?.addLink(linkTo(batch.spanContext()));
    for (const { spanId } of blocked)
      this.#open.get(spanId)?.addLink(linkTo(batch.spanContext(), LEFT_UNDONE));
  }

  async stop(withinMs: number): Promise<void> {
    await inTime(withinMs, this.#processor.shutdown(), () => {});
  }

  #begin(name: string, { context, links = [] }: Place, callsAreApart: boolean): CallSpan {
    const span = this.#calls.startSpan(name, { kind: SpanKind.SERVER, links }, context);
    const { traceId, spanId } = span.spanContext();
    const place = span.isRecording() ? { traceId, spanId } : undefined;
    if (place !== undefined) this.#open.set(spanId, span);
    return {
      traceId,
      place,
      call: (inner) => {
        if (!callsAreApart) return this.#begin(inner, { context: trace.setSpan(ROOT_CONTEXT, span) }, false);
        return this.#begin(inner, { context: ROOT_CONTEXT, links: place && [linkTo(place)] }, false);
      },
      end: (attributes, error) => {
        if (place === undefined) return;
        this.#open.delete(spanId);
        span.setAttributes(attributes());
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  }
}

function linkTo({ traceId, spanId }: SpanPlace, attributes: SpanAttributes = {}): Link {
  return { context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED }, attributes };
}

/** The context of the caller's span; empty if there is none. */
function contextOf({ traceparent, tracestate }: SentTrace): Context {
  const sent = readTraceparent(traceparent);
  if (sent === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: sent.traceId,
    spanId: sent.parentId,
    traceFlags: sent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: new TraceState(tracestate) }),
  });
}

interface Place {
  readonly context: Context;
  readonly links?: Link[] | undefined;
}

/** The library reads OTEL_RESOURCE_ATTRIBUTES. */
function resourceOf({ serviceName }: OtelConfig, version: string): Resource {
  const own = { 'service.name': 'holdfast', 'service.version': version, 'service.instance.id': randomUUID() };
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(serviceName === undefined ? {} : { 'service.name': serviceName }));
}
