import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { type AuditReport, audit } from '../../src/service/audit.js';

/**
 * Audits one merchant after another. An audit plans its statements for the rows of its merchant, which takes far longer
 * than to run them on the few rows of a test. Here they are prepared, and planned once.
 */
export class Auditor {
  readonly #pool: pg.Pool;
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource, url: string) {
    const options = '-c plan_cache_mode=force_generic_plan';
    this.#pool = new pg.Pool({ connectionString: url, max: 2, options });
    const query = (text: string, values: unknown[]): Promise<unknown[]> => this.#query(text, values);
    this.#dataSource = Object.create(dataSource, { query: { value: query } });
  }

  audit(merchantId: string): Promise<AuditReport> {
    return audit(this.#dataSource, { merchantId, repair: false });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #query(text: string, values: unknown[]): Promise<unknown[]> {
    const name = createHash('sha256').update(text).digest('base64url');
    return (await this.#pool.query({ name, text, values })).rows;
  }
}
