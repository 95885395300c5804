import { type Drawing, text } from './svg.js';

export interface Bars {
  readonly title: string;
  /** How and when it was measured. */
  readonly notes: readonly string[];
  readonly bars: readonly { readonly label: string; readonly value: number; readonly ours: boolean }[];
}

const WIDTH = 800;
const LABELS = 300;
const LONGEST = WIDTH - LABELS - 100;
const TOP = 56;
const ROW = 38;

export function drawBars({ title, notes, bars }: Bars): Drawing {
  const most = Math.max(...bars.map(({ value }) => value));
  const elements = [text(20, 32, title, { className: 'title' })];
  bars.forEach(({ label, value, ours }, i) => {
    const y = TOP + ROW * i;
    const length = Math.round((value / most) * LONGEST);
    const className = ours ? 'strong' : undefined;
    elements.push(
      text(LABELS - 12, y + 19, label, { anchor: 'end', ...(ours ? { className: 'strong' } : {}) }),
      `<rect class="${ours ? 'ours' : 'bar'}" x="${LABELS}" y="${y + 2}" width="${length}" height="24" rx="3"/>`,
      text(
        LABELS + length + 10,
        y + 19,
        value.toLocaleString('en-US'),
        className === undefined ? {} : { className },
      ),
    );
  });
  const end = TOP + ROW * bars.length;
  notes.forEach((note, i) => {
    elements.push(text(20, end + 20 + 18 * i, note, { className: 'small' }));
  });
  const values = bars.map(({ label, value }) => `${label} ${value.toLocaleString('en-US')}`).join(', ');
  return {
    width: WIDTH,
    height: end + 20 + 18 * notes.length,
    description: `${title}: ${values}.`,
    elements,
  };
}
