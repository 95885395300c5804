import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Certificates, TlsConfig } from '../config.js';
import type { Logger } from '../telemetry/logger.js';

/** Kubernetes replaces links, and a watch of a file does not notice that. So the files are read from time to time. */
const LOOK_INTERVAL_MS = 5000;

/**
 * Reads the files with the certificates again, from time to time and on request. Passes on changed files that fit
 * together. Files that do not, such as when only one of two is written yet, are reported once and not used.
 */
export class CertificateFiles {
  readonly #files: TlsConfig['files'];
  readonly #logger: Logger;
  readonly #onChange: (certificates: Certificates) => void;
  /** What the ports use. */
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

  /** Reads the files now. `tell`: logs the result even if nothing has changed. */
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
      // Throws if they do not fit together.
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
