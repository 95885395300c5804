/** The caller's request id, if it is safe to log and to send back unchanged. */
export function saneRequestId(id: string | undefined): string | undefined {
  return id !== undefined && /^[A-Za-z0-9._:+/=-]{1,128}$/.test(id) ? id : undefined;
}

export const REQUEST_ID_HEADER = 'x-request-id';
export const REPLAYED_HEADER = 'idempotency-replayed';
