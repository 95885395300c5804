import type { Config } from '../config.js';

/** What an operator should know of a service that others than this machine can reach. */
export function exposureWarnings(
  config: Pick<Config, 'exposed' | 'host' | 'tls' | 'demo' | 'databaseUrl'>,
): string[] {
  if (!config.exposed) return [];
  const warnings: string[] = [];
  if (config.tls === undefined) {
    warnings.push(
      `HOST ${config.host} without TLS: keys and tokens travel in cleartext, for anybody on the way to read; ` +
        'set TLS_CERT_FILE and TLS_KEY_FILE, or let a proxy that speaks TLS be all that reaches the ports',
    );
  }
  if (config.demo) {
    warnings.push(
      `HOST ${config.host} with DEMO=on: whoever has the key and the token of demo.json may change all of the demo`,
    );
  } else if (config.databaseUrl === undefined) {
    warnings.push(
      `HOST ${config.host} with the embedded database: no demo is made unless asked for, by DEMO=on`,
    );
  }
  return warnings;
}

/** A demo that was made while only this machine could reach it goes on to work for everybody. */
export function openDemoWarning({ host }: Pick<Config, 'host'>): string {
  return (
    `HOST ${host}: the demo of an earlier start is still open to whoever has its key and token; ` +
    'holdfast key list --merchant mer_demo shows its keys, key revoke ends them'
  );
}
