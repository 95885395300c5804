import { type ExportResult, ExportResultCode, parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtelConfig } from '../../otel-config.js';

/** Learns when spans cannot be sent, and when they can again. */
export interface ExportObserver {
  failed(error: unknown, spans: number): void;
  succeeded(): void;
}

/** Sends spans, and reports how that goes, which the library would only write to its own log. */
export class ObservedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #observer: ExportObserver;

  constructor(config: OtelConfig, endpoint: string, observer: ExportObserver) {
    const Exporter = config.exporterOtlpProtocol === 'http/json' ? JsonExporter : ProtobufExporter;
    this.#exporter = new Exporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      headers: parseKeyPairsIntoRecord(config.exporterOtlpHeaders),
    });
    this.#observer = observer;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.#observer.succeeded();
      else this.#observer.failed(result.error, spans.length);
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
