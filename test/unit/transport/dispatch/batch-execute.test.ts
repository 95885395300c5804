import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { RateLimiter } from '../../../../src/auth/rate-limiter.js';
import type { Submission } from '../../../../src/engine/submission.js';
import { BatchExecuteRequestSchema } from '../../../../src/gen/inventory/v1/commands_pb.js';
import type { CallContext } from '../../../../src/service/call.js';
import { HoldTtl } from '../../../../src/service/hold-ttl.js';
import { Reservations } from '../../../../src/service/reservations.js';
import { type BatchLoad, batchExecuteOperation } from '../../../../src/transport/dispatch/batch-execute.js';
import { Dispatcher } from '../../../../src/transport/dispatch/dispatcher.js';
import { MerchantLimits } from '../../../../src/transport/dispatch/merchant-limits.js';
import { commandKinds } from '../../../../src/transport/operations/command-kinds.js';
import { reservationOperations } from '../../../../src/transport/operations/reservations.js';

/** Batches before an engine that refuses each command by itself, unless it was let in. */
function setUp(load: BatchLoad) {
  const submitted: Submission[] = [];
  const engine = {
    submit: async (submission: Submission) => {
      submitted.push(submission);
      return submission.isLetIn ? ({ kind: 'key_reused' } as const) : ({ reason: 'OVERLOADED' } as const);
    },
  };
  const dispatcher = new Dispatcher({
    authenticator: { authenticate: () => undefined, authenticateOperator: async () => undefined },
    limits: new MerchantLimits(0, new RateLimiter(0), undefined),
    requestTimeoutMs: 1000,
    observer: {
      began: () => undefined,
      beganWithin: () => {
        throw new Error('nothing is traced');
      },
      replied: () => {},
      crashed: () => {},
    },
  });
  const holdTtl = new HoldTtl({ findDefault: async () => 0, apiKeyCacheMs: 1000, credentialCacheMax: 1 });
  const kinds = commandKinds(reservationOperations(new Reservations(engine, holdTtl)));
  const operation = batchExecuteOperation(dispatcher, kinds, load);
  const call: CallContext = {
    principal: { merchantId: 'mer_1', actor: 'ann', permissions: new Set(['can_update_inventory']) },
    deadlineAtMs: Number.MAX_SAFE_INTEGER,
    idempotencyKey: undefined,
    origin: { door: 'grpc', requestId: 'req', traceparent: undefined },
  };
  const release = (qty: number) => ({
    command: { case: 'release', value: { id: 'inv_1', qty, reference: 'order-1' } } as const,
  });
  const request = create(BatchExecuteRequestSchema, { commands: [release(1), release(2)] });
  return { submitted, run: () => operation.handle(call, request) };
}

test('a batch that was let in is not refused in part', async () => {
  const { run, submitted } = setUp({});
  const reply = await run();
  expect(submitted).toHaveLength(2);
  const reasons = reply.ok && reply.results?.map((result) => !result.reply.ok && result.reply.failure.reason);
  expect(reasons).toEqual(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_KEY_REUSED']);
});

test('one that would wait too long in another process is refused as a whole', async () => {
  const { run, submitted } = setUp({ refusesBatch: async (merchantId) => merchantId === 'mer_1' });
  expect(await run()).toEqual({ ok: false, failure: { reason: 'OVERLOADED' }, replayed: false });
  expect(submitted).toEqual([]);
});
