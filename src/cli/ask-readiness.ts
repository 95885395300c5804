import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { isAnyAddress } from '../loopback.js';

/** Presented to a service that asks for certificates, in place of the service's own. */
export interface Identity {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Readiness {
  readonly ready: boolean;
  /** What the service said of itself, or why it said nothing. */
  readonly said: string;
}

const ANSWER_MS_MAX = 3000;

/**
 * Asks the service that the environment describes, on this machine, whether it is ready. It loads nothing but Node, since
 * health checks run every few seconds.
 */
export async function askReadiness(
  env: Readonly<Record<string, string | undefined>>,
  { cert, key }: Identity = {},
): Promise<Readiness> {
  const { HOST, HTTP_PORT, TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE } = env;
  try {
    if (HTTP_PORT === '0') throw new Error('HTTP_PORT is 0, so nobody knows which port it is');
    const certFile = cert ?? (TLS_CLIENT_CA_FILE ? TLS_CERT_FILE : undefined);
    const keyFile = key ?? (TLS_CLIENT_CA_FILE ? TLS_KEY_FILE : undefined);
    const request = (TLS_CERT_FILE ? requestHttps : requestHttp)({
      host: addressToAsk(HOST || '127.0.0.1'),
      port: HTTP_PORT || 8080,
      path: '/readyz',
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      // The certificate is for callers, who know the service by another name.
      rejectUnauthorized: false,
      cert: certFile && readFileSync(certFile),
      key: keyFile && readFileSync(keyFile),
    });
    return await new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        text(response).then((said) => resolve({ ready: response.statusCode === 200, said }), reject);
      });
      request.end();
    });
  } catch (error) {
    return { ready: false, said: error instanceof Error ? error.message : String(error) };
  }
}

/** Where a port that listens on all addresses is reached from here. */
function addressToAsk(host: string): string {
  if (!isAnyAddress(host)) return host;
  return host.includes('.') ? '127.0.0.1' : '::1';
}
