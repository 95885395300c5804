import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Certificates, TlsConfig } from '../config.js';
import type { Logger } from '../telemetry/logger.js';

/** Links that are turned, as Kubernetes does it, are no change of a file that a watch would see; so the files are read. */
const LOOK_INTERVAL_MS = 5000;

/**
 * The files with the certificates, read again from time to time and on request. What fits together is passed on when it
 * changes; a pair that does not, such as while only one of two files has been written, is reported once and left alone.
 */
export class CertificateFiles {
  readonly #files: TlsConfig['files'];
  readonly #logger: Logger;
  readonly #onChange: (certificates: Certificates) => void;
  /** What the ports have. */
  #used: Certificates;
  /** What was read last. */
  #read: Certificates;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(tls: TlsConfig, logger: Logger, onChange: (certificates: Certificates) => void) {
    this.#files = tls.files;
    this.#used = tls;
    this.#read = tls;
    this.#logger = logger;
    this.#onChange = onChange;
  }

  start(intervalMs = LOOK_INTERVAL_MS): void {
    this.#timer = setInterval(() => void this.look(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads the files now. `tell`: also when nothing has changed. */
  look(tell = false): Promise<void> {
    this.#looking ??= this.#look(tell).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(tell: boolean): Promise<void> {
    try {
      const { cert, key, clientCa } = this.#files;
      const [newCert, newKey, newCa] = await Promise.all(
        [cert, key, clientCa].map((path) => (path === undefined ? undefined : readFile(path))),
      );
      const found: Certificates = { cert: newCert!, key: newKey!, clientCa: newCa };
      if (same(found, this.#read) && !tell) return;
      this.#read = found;
      if (same(found, this.#used)) {
        if (tell) this.#logger.info('the certificates have not changed');
        return;
      }
      // Throws when they do not fit together.
      createSecureContext({ cert: found.cert, key: found.key, ca: found.clientCa });
      this.#onChange(found);
      this.#used = found;
      this.#logger.info('the certificates have changed; new connections get the new ones');
    } catch (err) {
      this.#logger.warn({ err }, 'the certificates could not be read again; the ones before stay in use');
    }
  }
}

function same(one: Certificates, other: Certificates): boolean {
  return (['cert', 'key', 'clientCa'] as const).every((part) => {
    const [a, b] = [one[part], other[part]];
    return a === b || (a !== undefined && b !== undefined && a.equals(b));
  });
}
