import type { JsonObject } from './document.js';

/**
 * Rules that the document has only in words, because they concern several fields or what is in stock: the closed list of
 * rules that may refuse a request that obeys the schemas. Field → its rules.
 */
const rules: readonly (readonly [field: RegExp, description: RegExp])[] = [
  [/^ttlSeconds$/, /^needs a reference$/],
  [/^openEnded$/, /^cannot be combined with ttlSeconds$/],
  [/^ttlSeconds$/, /^is required, unless openEnded is true$/],
  [/^toReference$/, /^must be another order$/],
  [/^pageToken$/, /^must be the nextPageToken of an answer to the same request$/],
  [/^pageToken$/, /^must not be given together with page$/],
  [/^updateMask$/, /cannot be changed; the fields that can are /],
  [/^(?:lines\[\d+\]\.)?qty$/, /^must not bring the units on hand above 2147483647$/],
  [/^(?:lines\[\d+\]\.)?qty$/, /^takes units from more than 1000 holds; take away less at once$/],
  [/^(?:lines\[\d+\]\.)?releaseShortfall$/, /^needs the action DAMAGED or ADJUSTED$/],
  [
    /^reference$/,
    /^holds units of more than \d+ records; (?:release|confirm|extend|move) them record by record$/,
  ],
  [/^lines\[\d+\]$/, /^must name exactly one of id, skuId, productId$/],
  [/^lines\[\d+\]\.(?:warehouseIds|split)$/, /^needs skuId or productId$/],
  [/^lines\[\d+\]\.(?:skuId|productId)$/, /^has more than 100 records to choose from; name warehouseIds$/],
  [/^lines$/, /^leave more than 5000 records to choose from; name warehouseIds$/],
  [/^idempotencyKey$/, /^must be the same key wherever it is given$/],
  // Of a batch of commands, each of which has its own.
  [/^Idempotency-Key$/, /^(?:must be 1 to 255 printable ASCII characters|must not be given)/],
  [/^command$/, /^is required: exactly one$/],
  [/^lines\[\d+\]\.idempotencyKey$/, /^must not be given in a line: the batch has one key$/],
  [/^ids$/, /^are required, or (?:a productId|skuIds), but not both$/],
  [/^skuIds$/, /^have more than 5000 records; read fewer at once$/],
  [/^afterId$/, /^is not an event id(?: of these records)?$/],
  [/^productId$/, /^has more than 100 records; watch some of them by their ids$/],
];

/** Whether a refusal names only such rules. */
export function isBeyondSchemas(body: JsonObject): boolean {
  if (body.code !== 'VALIDATION_FAILED') return false;
  return Object.entries(body.errors as Record<string, string>).every(([field, description]) =>
    rules.some(([name, text]) => name.test(field) && text.test(description)),
  );
}
