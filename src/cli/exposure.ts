import type { Config } from '../config.js';

/** What an operator should know about a service that other machines can reach. */
export function exposureWarnings(
  config: Pick<Config, 'exposed' | 'host' | 'tls' | 'demo' | 'databaseUrl'>,
): string[] {
  if (!config.exposed) return [];
  const warnings: string[] = [];
  if (config.tls === undefined) {
    warnings.push(
      `HOST ${config.host} without TLS: keys and tokens travel in cleartext, and anyone on the network path can read them; ` +
        'set TLS_CERT_FILE and TLS_KEY_FILE, or let only a TLS proxy reach the ports',
    );
  }
  if (config.demo) {
    warnings.push(
      `HOST ${config.host} with DEMO=on: anyone with the key and token in demo.json can change all demo data`,
    );
  } else if (config.databaseUrl === undefined) {
    warnings.push(
      `HOST ${config.host} with the embedded database: no demo is created unless you set DEMO=on`,
    );
  }
  return warnings;
}

/** A demo created while only this machine could reach it keeps working, now for everyone. */
export function openDemoWarning({ host }: Pick<Config, 'host'>): string {
  return (
    `HOST ${host}: the demo of an earlier start is still open to anyone with its key and token; ` +
    'list its keys with holdfast key list --merchant mer_demo, and revoke them with key revoke'
  );
}
