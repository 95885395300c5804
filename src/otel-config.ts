import type { EnvironmentReader } from './environment.js';

/** OpenTelemetry, in its own words. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export interface OtelConfig {
  /** Where spans are sent, by OTLP over HTTP; undefined: nowhere. */
  readonly exporterOtlpEndpoint: string | undefined;
  /** `name=value,name=value`, percent-encoded. */
  readonly exporterOtlpHeaders: string | undefined;
  readonly exporterOtlpProtocol: (typeof otlpProtocols)[number];
  readonly serviceName: string | undefined;
  readonly tracesSampler: (typeof samplers)[number];
  /** Of the samplers with a ratio. */
  readonly tracesSamplerArg: number;
}

const otlpProtocols = ['http/protobuf', 'http/json'] as const;
const samplers = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

export function readOtel(read: EnvironmentReader): OtelConfig {
  return {
    exporterOtlpEndpoint: read.url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']),
    exporterOtlpHeaders: read.text('OTEL_EXPORTER_OTLP_HEADERS'),
    exporterOtlpProtocol: read.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', otlpProtocols, 'http/protobuf'),
    serviceName: read.text('OTEL_SERVICE_NAME'),
    tracesSampler: read.oneOf('OTEL_TRACES_SAMPLER', samplers, 'parentbased_always_on'),
    tracesSamplerArg: read.ratio('OTEL_TRACES_SAMPLER_ARG', 1),
  };
}
