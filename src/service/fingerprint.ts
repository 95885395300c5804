import { hash } from 'node:crypto';
import type { StockCommand } from '../domain/command.js';

/**
 * Tells requests under one idempotency key apart: equal for the same method and request, whatever door they came
 * through and whoever of the merchant sent them.
 */
export function fingerprint({ kind, id, qty, reference, notes }: StockCommand): string {
  return hash('sha256', JSON.stringify([kind, id, qty, reference, notes]), 'base64url');
}
