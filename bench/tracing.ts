import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { CallSpans } from '../src/app/call-spans.js';
import { RateLimiter } from '../src/auth/rate-limiter.js';
import type { Engine } from '../src/engine/engine.js';
import { EnvironmentReader } from '../src/environment.js';
import { ReserveRequestSchema } from '../src/gen/inventory/v1/reservations_pb.js';
import { readOtel } from '../src/otel-config.js';
import { HoldTtl } from '../src/service/hold-ttl.js';
import { Reservations } from '../src/service/reservations.js';
import type { SpanPlace, Tracing } from '../src/telemetry/spans.js';
import { startTracing } from '../src/telemetry/tracing.js';
import type { DispatchObserver } from '../src/transport/dispatch/call-observer.js';
import { type CallMetadata, Dispatcher } from '../src/transport/dispatch/dispatcher.js';
import { MerchantLimits } from '../src/transport/dispatch/merchant-limits.js';
import { reservationOperations } from '../src/transport/operations/reservations.js';

/**
 * What tracing costs a call in processor time, in process: a reserve through the dispatcher, without a socket and with an
 * engine that grants everything at once, so that the share is larger than in any real call. Variants take turns. `none`
 * has an observer that makes no spans; a collector, in a process of its own, takes what is sent. Prints microseconds a
 * call and the ratio to `none`, of the fastest rounds; asserts nothing.
 */

const ROUNDS = 40;
/** Each batch has a span. */
const BATCHES = 100;
const BATCH_CALLS = 50;

const COLLECTOR = `require('node:http').createServer((request, response) => request.resume().on('end', () =>
  response.end())).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

const request = create(ReserveRequestSchema, { id: 'inv_xyz789', qty: 1 });
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const silent = { info: () => {}, warn: () => {} };

type Observer = Pick<DispatchObserver, 'began' | 'beganWithin' | 'replied'>;

const untraced: Observer = {
  began: () => undefined,
  beganWithin: (bringer) => bringer,
  replied: () => {},
};

function observed(spans: CallSpans): Observer {
  return {
    began: (operation, arrival) => spans.call(operation, arrival),
    beganWithin: (bringer, operation) => spans.within(bringer, operation),
    replied: (call) => spans.end(call, call.reply.ok ? undefined : call.reply.failure, call.reply.replayed),
  };
}

/** Runs a round, and returns milliseconds of processor time. */
type Round = () => Promise<number>;

function round(observer: Observer, tracing: Tracing | undefined, sent: string | undefined): Round {
  const carried: SpanPlace[] = [];
  const engine: Pick<Engine, 'submit'> = {
    submit: async ({ call, command }) => {
      if (call !== undefined) carried.push(call);
      const id = command.kind === 'reserve' ? command.id : '';
      return { kind: 'decided', outcome: { ok: true, stock: { id, onHandQty: 9, reservedQty: 1 } } };
    },
  };
  const holdTtl = new HoldTtl({ findDefault: async () => 0, apiKeyCacheMs: 1000, credentialCacheMax: 10 });
  const operation = reservationOperations(new Reservations(engine, holdTtl)).find(
    ({ method }) => method.name === 'Reserve',
  )!;
  const principal = {
    merchantId: 'mer_1',
    actor: 'bench',
    permissions: new Set(['can_update_inventory'] as const),
  };
  const dispatcher = new Dispatcher({
    authenticator: { authenticate: () => principal, authenticateOperator: async () => undefined },
    limits: new MerchantLimits(0, new RateLimiter(0), undefined),
    requestTimeoutMs: 1000,
    observer: { ...observer, crashed: (error) => Promise.reject(error) },
  });
  const metadata: CallMetadata = {
    door: 'grpc',
    requestId: 'req-1',
    traceparent: sent,
    deadlineAtMs: undefined,
    header: () => undefined,
  };
  return async () => {
    const before = process.cpuUsage();
    for (let i = 0; i < BATCHES; i++) {
      const startedAtMs = performance.now();
      const calls = Array.from({ length: BATCH_CALLS }, () =>
        dispatcher.dispatch(operation, metadata, () => request),
      );
      if (carried.length > 0) {
        tracing?.batch({
          startedAtMs,
          calls: carried.splice(0),
          blocked: [],
          attributes: {},
          error: undefined,
        });
      }
      await Promise.all(calls);
      // Lets the spans be sent.
      await new Promise(setImmediate);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

const collector = spawn(process.execPath, ['-e', COLLECTOR], { stdio: ['ignore', 'pipe', 'inherit'] });
const [port] = (await once(collector.stdout, 'data')) as [Buffer];
const traced = (settings: Record<string, string>): Promise<Tracing | undefined> => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${Number(port)}`, ...settings };
  return startTracing(readOtel(new EnvironmentReader(env, [])), '0', silent);
};
const all = await traced({});
const some = await traced({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' });
const rounds = new Map<string, Round>([
  ['none', round(untraced, undefined, undefined)],
  ['not set', round(observed(new CallSpans(undefined)), undefined, undefined)],
  ['not set, calls with a traceparent', round(observed(new CallSpans(undefined)), undefined, TRACEPARENT)],
  ['1 % of the calls', round(observed(new CallSpans(some)), some, undefined)],
  ['all calls', round(observed(new CallSpans(all)), all, TRACEPARENT)],
]);
const figures = new Map([...rounds.keys()].map((name): [string, number[]] => [name, []]));
for (let i = -10; i < ROUNDS; i++) {
  for (const [name, run] of rounds) {
    const tookMs = await run();
    // The first ones warm up.
    if (i >= 0) figures.get(name)!.push(tookMs);
  }
}
await Promise.all([all?.stop(2000), some?.stop(2000)]);
collector.kill();

console.log('                                        µs a call   / none');
const none = Math.min(...figures.get('none')!);
for (const [name, took] of figures) {
  // Other work of the machine can only add to the time.
  const best = Math.min(...took);
  const perCall = (best * 1000) / (BATCHES * BATCH_CALLS);
  console.log(`${name.padEnd(36)}${perCall.toFixed(2).padStart(13)}${(best / none).toFixed(3).padStart(9)}`);
}
