import type { Overdue } from '../../timing/overdue.js';

/**
 * Does something for each merchant until told to stop. A problem of one merchant does not stop the others; the first one is
 * thrown at the end, and the merchant is overdue until its next turn.
 */
export async function eachMerchant(
  merchantIds: readonly string[],
  isStopped: () => boolean,
  overdue: Overdue,
  sweep: (merchantId: string) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for (const merchantId of merchantIds) {
    if (isStopped()) break;
    try {
      await sweep(merchantId);
      overdue.done(merchantId);
    } catch (error) {
      failure ??= { error };
      overdue.add(merchantId, Date.now());
    }
  }
  if (failure !== undefined) throw failure.error;
}
