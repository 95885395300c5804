import type { DataSource } from 'typeorm';
import { findOddRecords, findRecords } from '../../store/reads/lookalikes.js';
import type { Lookalikes } from './lookalikes.js';
import type { Lines, Row } from './reading/line.js';

/** Looks per database query. */
const LOOKS_ASKED_MAX = 1000;

/** Notes the records in stock that may look like one in the file. */
export async function noteStock(
  dataSource: DataSource,
  merchantId: string,
  lookalikes: Lookalikes,
): Promise<void> {
  const { looks } = lookalikes;
  for (let i = 0; i < looks.length; i += LOOKS_ASKED_MAX) {
    const asked = looks.slice(i, i + LOOKS_ASKED_MAX);
    for (const record of await findRecords(dataSource, merchantId, asked)) lookalikes.noteInStock(record);
  }
  for (const record of await findOddRecords(dataSource, merchantId)) lookalikes.noteInStock(record);
}

/** Passes the rows on, and reports those whose record looks like another. */
export async function* withLookalikesTold(
  rows: AsyncIterable<readonly Row[]>,
  lookalikes: Lookalikes,
  warn: (at: Lines, warning: string) => void,
): AsyncGenerator<readonly Row[]> {
  for await (const group of rows) {
    for (const row of group) {
      const warning = lookalikes.find(row);
      if (warning !== undefined) warn(row, warning);
    }
    yield group;
  }
}
