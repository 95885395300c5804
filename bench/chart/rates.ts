import { type Drawing, text } from '../../tools/pictures/svg.js';
import { median } from '../reading.js';
import type { Report } from '../report.js';
import type { ReadingName } from '../turns.js';
import { noteOf } from './note.js';

type Bar = readonly [turn: ReadingName, label: string];

const GROUPS: readonly { readonly title: string; readonly bars: readonly Bar[] }[] = [
  {
    title: 'One record',
    bars: [
      ['plain, one record', 'one transaction a request'],
      ['sql, one record', 'one SQL statement, no server'],
      ['holdfast, one record', 'Holdfast, a gRPC call each'],
      ['holdfast, REST', 'Holdfast, a REST call each'],
      ['holdfast, BatchExecute', 'Holdfast, BatchExecute of 100'],
      ['holdfast, Execute, one record', 'Holdfast, on Execute streams'],
      ['noop, one record', 'same server, with nothing to do'],
    ],
  },
  {
    title: '10,000 records',
    bars: [
      ['plain, many records', 'one transaction a request'],
      ['sql, many records', 'one SQL statement, no server'],
      ['holdfast, many records', 'Holdfast, a gRPC call each'],
      ['holdfast, Execute, many records', 'Holdfast, on Execute streams'],
      ['noop, many records', 'same server, with nothing to do'],
    ],
  },
];

const WIDTH = 800;
const LABELS = 345;
const LONGEST = WIDTH - LABELS - 90;
const ROW = 30;

/** Reserves a second of all sides. Undefined: the run has none of them. */
export function drawRates(report: Report): Drawing | undefined {
  const groups = GROUPS.map(({ title, bars }) => ({
    title,
    rates: bars.flatMap((bar) => rateOf(report, bar)),
  }));
  const all = groups.flatMap(({ rates }) => rates);
  if (all.length === 0) return undefined;
  const most = Math.max(...all.map(({ rate }) => rate));
  const heading = 'Reserves a second';
  const elements = [text(20, 32, heading, { className: 'title' })];
  let y = 44;
  for (const { title, rates } of groups) {
    if (rates.length === 0) continue;
    elements.push(text(20, y + 22, title, { className: 'strong' }));
    y += 32;
    for (const { label, rate, ours } of rates) {
      const length = Math.max(2, Math.round((rate / most) * LONGEST));
      const style = ours ? { className: 'strong' } : {};
      elements.push(
        text(LABELS - 12, y + 17, label, { anchor: 'end', ...style }),
        `<rect class="${ours ? 'ours' : 'bar'}" x="${LABELS}" y="${y + 2}" width="${length}" height="20" rx="3"/>`,
        text(LABELS + length + 10, y + 17, rate.toLocaleString('en-US'), style),
      );
      y += ROW;
    }
    y += 8;
  }
  elements.push(text(20, y + 16, noteOf(report), { className: 'small' }));
  const told = groups.map(
    ({ title, rates }) => `${title}: ${rates.map(({ label, rate }) => `${label} ${rate}`).join(', ')}`,
  );
  return { width: WIDTH, height: y + 34, description: `${heading}. ${told.join('. ')}.`, elements };
}

function rateOf(report: Report, [turn, label]: Bar): { label: string; rate: number; ours: boolean }[] {
  const readings = report.turns[turn];
  if (readings === undefined) return [];
  const rate = Math.round(median(readings.map(({ perSecond, linesPerCall }) => perSecond * linesPerCall)));
  return [{ label, rate, ours: turn.startsWith('holdfast') }];
}
