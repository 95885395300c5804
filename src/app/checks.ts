import type { DataSource } from 'typeorm';
import type { StalledQueue } from '../engine/stalled-queue.js';
import type { WriteProbe } from '../store/connection/write-probe.js';
import { type Finding, up } from './readiness.js';

/** The conditions for calls to succeed, by name. */
export type Checks = Readonly<Record<string, () => Promise<Finding>>>;

/** What commands need. */
export function engineChecks(writeProbe: WriteProbe, stalledQueue: StalledQueue): Checks {
  return {
    database: async () => {
      const fault = await writeProbe.ask();
      return fault === undefined ? up : { is: 'down', ...fault };
    },
    queue: async () => (stalledQueue.stalled ? { is: 'down', why: 'stalled' } : up),
  };
}

/** The checks of what other calls need. `issuerAnswers` is undefined if there is no issuer of tokens. */
export function callChecks(
  behindReads: DataSource | undefined,
  issuerAnswers: (() => boolean) | undefined,
): Checks {
  return {
    ...(behindReads === undefined
      ? {}
      : {
          reads: () =>
            behindReads.query('SELECT 1').then(
              () => up,
              (error): Finding => ({ is: 'degraded', why: 'DATABASE_READ_URL is unreachable', error }),
            ),
        }),
    ...(issuerAnswers === undefined
      ? {}
      : {
          // Tokens with known keys are still accepted, so the service need not be taken out.
          issuer: async (): Promise<Finding> =>
            issuerAnswers() ? up : { is: 'degraded', why: 'JWT_JWKS_URL is unreachable' },
        }),
  };
}
