/**
 * Does something for each merchant until told to stop. A problem of one merchant does not stop the others; the first one is
 * thrown at the end.
 */
export async function eachMerchant(
  merchantIds: readonly string[],
  isStopped: () => boolean,
  sweep: (merchantId: string) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for (const merchantId of merchantIds) {
    if (isStopped()) break;
    try {
      await sweep(merchantId);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
