import type { DataSource } from 'typeorm';
import { listDoneContents, type MemoryKey } from '../../store/tables/import-lines.js';
import { type EarlierImport, listImports } from '../../store/tables/imports.js';
import { contentsOf } from './line-contents.js';
import type { Row } from './reading/line.js';
import { likeness } from './sketch.js';
import type { Survey } from './survey.js';

/** A new import is compared with this many of the latest imports, */
const COMPARED_MAX = 100;
/** used within this many days. */
const COMPARED_DAYS = 30;
/** Files that share at least this part of their lines pass for one that was corrected. */
const LIKENESS_MIN = 0.5;
const DAY_MS = 86_400_000;

/**
 * Finds the import that a file without its own import id may be a correction of: one that left lines undone, had other
 * content, and shares at least half of its lines. Treating the file as new would do those lines twice, and treating it
 * as the old one would skip a delivery, so a person must say which it is.
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

/** Contents read per query. */
const CONTENTS_PAGE = 10_000;

/** Returns whether the file still has all lines that are remembered as done, in any place. */
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
