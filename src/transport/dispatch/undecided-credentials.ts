import { CredentialStoreUnavailable } from '../../auth/authenticator.js';
import { TokenIssuerUnavailable } from '../../auth/issuer-keys.js';
import type { Failure } from '../../domain/failure.js';

/** The failure to report when credentials could not be checked; undefined if something else was thrown. */
export function undecidedCredentials(error: unknown): Failure | undefined {
  if (error instanceof CredentialStoreUnavailable) return { reason: 'DATABASE_UNAVAILABLE' };
  // The verifier logs this for the operator, once for many callers.
  if (error instanceof TokenIssuerUnavailable) return { reason: 'DATABASE_UNAVAILABLE', of: 'keys' };
  return undefined;
}
