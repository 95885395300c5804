import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config, JwtConfig } from './config.js';

/**
 * How tokens are verified. With the embedded database and nothing configured, generates a secret once and keeps it in
 * DATA_DIR, readable only by its owner.
 */
export function resolveJwt(config: Config): JwtConfig {
  const { jwt } = config;
  if (jwt.secret !== undefined || jwt.jwksUrl !== undefined) return jwt;
  return { ...jwt, secret: keptSecret(config.dataDir) };
}

function keptSecret(dataDir: string): string {
  const path = join(dataDir, 'jwt-secret');
  mkdirSync(dataDir, { recursive: true });
  try {
    // Two processes may start at the same time: one writes, the other reads.
    writeFileSync(path, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8');
}
