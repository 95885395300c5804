import { expect, test } from 'vitest';
import { RateLimiter } from '../../../../src/auth/rate-limiter.js';
import { EarlyRefusals } from '../../../../src/transport/dispatch/early-refusals.js';
import { type Load, MerchantLimits } from '../../../../src/transport/dispatch/merchant-limits.js';
import type { Operation } from '../../../../src/transport/operations/operation.js';

const reserve = { permission: 'can_update_inventory', changes: true } as Operation;
const read = { permission: 'can_read_inventory', changes: false } as Operation;
const createMerchant = { permission: 'can_manage_merchants', changes: true } as unknown as Operation;

/** Early refusals of merchants whose key is their name; `x` is not cached. */
function setUp({
  perSecond = 0,
  inFlightMax = 0,
  ...load
}: Partial<Load & Record<'perSecond' | 'inFlightMax', number>>) {
  const limits = new MerchantLimits(inFlightMax, new RateLimiter(perSecond), {
    tight: true,
    refuses: () => false,
    ...load,
  });
  const replied: unknown[] = [];
  const early = new EarlyRefusals(
    {
      known: (_, apiKey) =>
        apiKey === 'x' ? undefined : { merchantId: apiKey!, actor: 'ann', permissions: new Set() },
    },
    limits,
    {
      began: () => undefined,
      replied: ({ reply, merchantId }) => replied.push(reply.ok || `${merchantId} ${reply.failure.reason}`),
    },
  );
  const foresee = (apiKey: string, operation = reserve, waitedMs = 0) =>
    early.foresee(
      operation,
      { header: () => apiKey, requestId: 'req', door: 'grpc', traceparent: undefined },
      waitedMs,
    );
  return { limits, replied, foresee };
}

test('calls that would wait too long are refused; calls that were let in and have not arrived count, too', () => {
  const { foresee, replied } = setUp({
    refuses: (merchantId, announced) => merchantId === 'A' && announced >= 2,
  });
  const let1 = foresee('A');
  expect([let1?.failure, foresee('A')?.failure]).toEqual([undefined, undefined]);
  expect(foresee('A')).toEqual({ failure: { reason: 'OVERLOADED' }, turn: undefined, requestId: 'req' });
  expect([foresee('B')?.failure, foresee('A', read)]).toEqual([undefined, undefined]);
  expect(replied).toEqual(['A OVERLOADED']);
  if (let1?.failure === undefined) let1?.onArrival();
  expect(foresee('A')?.failure).toBeUndefined();
});

test('what a call has waited before it was read counts', () => {
  const { foresee } = setUp({ refuses: (_merchantId, _announced, waitedMs) => waitedMs! > 100 });
  expect([foresee('A', reserve, 100)?.failure, foresee('A', reserve, 101)?.failure]).toEqual([
    undefined,
    { reason: 'OVERLOADED' },
  ]);
});

test('nothing is foreseen of callers who are not known, of operators, and while nothing is refused', () => {
  const busy = setUp({ refuses: () => true });
  expect([busy.foresee('x'), busy.foresee('A', createMerchant)]).toEqual([undefined, undefined]);
  const calm = setUp({ tight: false, refuses: () => true });
  expect(calm.foresee('A')).toBeUndefined();
});

test('a call over the limit of calls a second is not counted', () => {
  const { limits, foresee } = setUp({ perSecond: 1 });
  const now = Date.now();
  expect(limits.count('A', false, now)).toBeUndefined();
  expect(foresee('A', read)?.failure).toEqual({ reason: 'RATE_LIMITED' });
  expect(limits.count('A', false, now + 1001)).toBeUndefined();
});

test('a call over the limit of calls in progress', () => {
  const { limits, foresee } = setUp({ inFlightMax: 1 });
  limits.enter('A', 0);
  expect([foresee('A')?.failure, foresee('B')?.failure]).toEqual([{ reason: 'RATE_LIMITED' }, undefined]);
  limits.leave('A', undefined);
  expect(foresee('A')?.failure).toBeUndefined();
});
