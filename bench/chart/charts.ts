import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Drawing, toSvg } from '../../tools/pictures/svg.js';
import type { Report } from '../report.js';
import { RESULTS_FOLDER } from '../results-folder.js';
import { drawLatency } from './latency.js';
import { drawRates } from './rates.js';

const pictures = new URL('../../docs/pictures/', import.meta.url);

/** The last run does not have what a picture shows. */
export class NothingToDraw extends Error {
  override readonly name = 'NothingToDraw';
}

/** Draws the results of the last run. No figure in the pictures comes from anywhere else. */
export function drawCharts(): void {
  const report = lastReport();
  draw('bench-rates', drawRates(report));
  draw('bench-latency', drawLatency(report));
}

function draw(name: string, drawing: Drawing | undefined): void {
  if (drawing === undefined)
    throw new NothingToDraw(`${name}: the last run lacks its turns; run --curve, or all`);
  writeFileSync(new URL(`${name}.svg`, pictures), toSvg(drawing));
}

function lastReport(): Report {
  try {
    return JSON.parse(readFileSync(join(RESULTS_FOLDER, 'latest.json'), 'utf8'));
  } catch (error) {
    throw new NothingToDraw(`no results of an earlier run: ${(error as Error).message}`);
  }
}
