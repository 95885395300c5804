import { hash } from 'node:crypto';
import type { Command } from '../domain/command.js';

/**
 * How a field of a request goes into its fingerprint: as it is, as what a function makes of it, or, where it was added
 * to an RPC that had fingerprints without it, `later`: all those are left out while none of them says anything.
 */
type Part<V> = 'as_it_is' | 'later' | ((value: V) => unknown);

/** All fields of a request, in the order in which they are told: the compiler names one that is forgotten. */
export type Parts<R extends object> = { readonly [F in keyof R]-?: Part<R[F]> };

/**
 * Tells requests under one idempotency key apart: equal for the same method and request, whatever door they came
 * through and whoever of the merchant sent them. `request` holds what the caller sent, and nothing that the service
 * added, such as a default or a new id. Stored for a day, so a release keeps those of the one before it.
 */
export function fingerprintOf<R extends object>(kind: Command['kind'], request: R, parts: Parts<R>): string {
  return fingerprint(kind, ...told(request, parts));
}

export function fingerprint(kind: Command['kind'], ...request: readonly unknown[]): string {
  return hash('sha256', JSON.stringify([kind, ...request]), 'base64url');
}

/** The values of the fields, in the order of `parts`. */
export function told<R extends object>(request: R, parts: Parts<R>): unknown[] {
  const always: unknown[] = [];
  const later: unknown[] = [];
  let saysLater = false;
  for (const field in parts) {
    const part = parts[field];
    const value = request[field];
    if (part === 'later') {
      saysLater ||= value !== undefined && value !== false;
      later.push(value ?? null);
    } else always.push(part === 'as_it_is' ? (value ?? null) : part(value));
  }
  return saysLater ? [...always, ...later] : always;
}
