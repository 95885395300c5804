import { hash } from 'node:crypto';
import type { Command } from '../domain/command.js';

/**
 * Tells requests under one idempotency key apart: equal for the same method and request, whatever door they came
 * through and whoever of the merchant sent them. `request` holds what the caller sent, and nothing that the service
 * added, such as a default or a new id.
 */
export function fingerprint(kind: Command['kind'], ...request: readonly unknown[]): string {
  return hash('sha256', JSON.stringify([kind, ...request]), 'base64url');
}
