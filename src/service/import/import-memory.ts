import type { DataSource } from 'typeorm';
import { listDoneContents, type MemoryKey } from '../../store/tables/import-lines.js';
import { type EarlierImport, listImports } from '../../store/tables/imports.js';
import { contentsOf } from './line-contents.js';
import type { Row } from './reading/line.js';
import { likeness } from './sketch.js';
import type { Survey } from './survey.js';

/** Imports that a new one is compared with: the latest, */
const COMPARED_MAX = 100;
/** of the last days. */
const COMPARED_DAYS = 30;
/** The share of lines from which on two files pass for one that was corrected. */
const LIKENESS_MIN = 0.5;
const DAY_MS = 86_400_000;

/**
 * The import that a file without an id of its own may be a corrected run of: one that left lines, was not of the same
 * content, and whose file shares half of its lines or more. To take it for a new one would do those lines once more,
 * and to take it for the old one would pass over a delivery, so somebody must say which it is.
 */
export async function likeImport(
  dataSource: DataSource,
  merchantId: string,
  { contentId, sketch }: Pick<Survey, 'contentId' | 'sketch'>,
): Promise<EarlierImport | undefined> {
  const earlier = await listImports(dataSource, merchantId, COMPARED_MAX);
  if (earlier.some(({ importId }) => importId === contentId)) return undefined;
  const since = Date.now() - COMPARED_DAYS * DAY_MS;
  return earlier.find(
    (one) => one.linesLeft !== 0 && one.usedAtMs > since && likeness(one.sketch, sketch) >= LIKENESS_MIN,
  );
}

/** Read at once. */
const CONTENTS_PAGE = 10_000;

/** Whether the file still has all lines that the memory knows to be done, wherever they stand. */
export async function isAllThere(
  dataSource: DataSource,
  memory: MemoryKey,
  rows: AsyncIterable<readonly Row[]>,
): Promise<boolean> {
  const contents = await contentsOf(rows);
  for (let after: string | undefined, more = true; more; ) {
    const page = await listDoneContents(dataSource, memory, { after, limit: CONTENTS_PAGE });
    if (page.some((content) => !contents.has(content))) return false;
    after = page.at(-1);
    more = page.length === CONTENTS_PAGE;
  }
  return true;
}
