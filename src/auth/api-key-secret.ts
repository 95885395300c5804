import { createHash, randomBytes } from 'node:crypto';

/** Live keys are for real merchants, test keys for trials. The service treats both alike. */
export type KeyMode = 'live' | 'test';

export interface NewApiKey {
  /** Shown once, on creation; only its hash is stored. */
  readonly secret: string;
  readonly keyHash: string;
  readonly prefix: string;
  readonly lastFour: string;
}

/** A random key of 256 bits. */
export function createApiKeySecret(mode: KeyMode): NewApiKey {
  const prefix = `pk_${mode}_`;
  const secret = prefix + randomBytes(32).toString('base64url');
  return { secret, keyHash: hashApiKey(secret), prefix, lastFour: secret.slice(-4) };
}

/** SHA-256 in hex. The key is random with 256 bits, so it needs neither salt nor a slow hash. */
export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
