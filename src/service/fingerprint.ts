import { hash } from 'node:crypto';
import type { Command } from '../domain/command.js';

/**
 * How a field of a request goes into its fingerprint: as it is, or converted by a function. `later` marks fields that
 * were added to an RPC after its first release: all of those are left out while none of them is set. `still_later` does
 * the same for those that were added after them.
 */
type Part<V> = 'as_it_is' | 'later' | 'still_later' | ((value: V) => unknown);

/** All fields of a request in the order of the fingerprint. The compiler reports a missing one. */
export type Parts<R extends object> = { readonly [F in keyof R]-?: Part<R[F]> };

/**
 * Tells requests under one idempotency key apart: equal for the same method and request, through any door and from any
 * user of the merchant. `request` holds what the caller sent, without what the service adds, such as a default or a new
 * id. Fingerprints are stored for a day, so a release must compute the same ones as the release before it.
 */
export function fingerprintOf<R extends object>(kind: Command['kind'], request: R, parts: Parts<R>): string {
  return fingerprint(kind, ...told(request, parts));
}

export function fingerprint(kind: Command['kind'], ...request: readonly unknown[]): string {
  return hash('sha256', JSON.stringify([kind, ...request]), 'base64url');
}

/** The values of the fields, in the order of `parts`; of those that came later, in the order in which they came. */
export function told<R extends object>(request: R, parts: Parts<R>): unknown[] {
  const always: unknown[] = [];
  const later: unknown[] = [];
  const stillLater: unknown[] = [];
  for (const field in parts) {
    const part = parts[field];
    const value = request[field];
    if (part === 'later') later.push(value ?? null);
    else if (part === 'still_later') stillLater.push(value ?? null);
    else always.push(part === 'as_it_is' ? (value ?? null) : part(value));
  }
  if (stillLater.some(isSet)) return [...always, ...later, ...stillLater];
  return later.some(isSet) ? [...always, ...later] : always;
}

function isSet(value: unknown): boolean {
  return value !== null && value !== false;
}
