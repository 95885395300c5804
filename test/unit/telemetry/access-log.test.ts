import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { AccessLog } from '../../../src/config.js';
import { accessLog } from '../../../src/telemetry/access-log.js';

/** What is logged for 250 calls that succeed and two that do not. */
function logged(which: AccessLog): string[] {
  const lines: string[] = [];
  const stream = new Writable({
    write(line: Buffer, _, done) {
      const { requestId, reason } = JSON.parse(line.toString());
      lines.push(`${requestId} ${reason}`);
      done();
    },
  });
  const log = accessLog(pino({ level: 'info' }, stream), which);
  const call = (requestId: string, reason: string): void => {
    const origin = { door: 'grpc', requestId, traceparent: undefined };
    log?.({ rpc: 'Reserve', origin, merchantId: 'mer_1', reason, durationMs: 1 });
  };
  for (let i = 0; i < 250; i++) call(String(i), 'OK');
  call('a', 'CONTENTION');
  call('b', 'CONTENTION');
  return lines;
}

test('off: nothing', () => expect(logged('off')).toEqual([]));
test('all', () => expect(logged('all')).toHaveLength(252));
test('errors', () => expect(logged('errors')).toEqual(['a CONTENTION', 'b CONTENTION']));
test('sampled: the first of each kind, then each hundredth', () =>
  expect(logged('sampled')).toEqual(['0 OK', '100 OK', '200 OK', 'a CONTENTION']));
