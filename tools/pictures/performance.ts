import type { Bars } from './bars.js';

/** Turns of docs/performance.md that the figure shows, in its order, and what the figure calls them. */
const TURNS = [
  { turn: 'plain, one record', label: 'One transaction a request', ours: false },
  { turn: 'sql, one record', label: 'One SQL statement, no server', ours: false },
  { turn: 'holdfast, one record', label: 'Holdfast', ours: true },
  { turn: 'noop, one record', label: 'Same server, with nothing to do', ours: false },
] as const;

/** The figure's numbers, from the newest run on the page. Throws when the page no longer has them. */
export function readFigure(page: string): Bars {
  const run = /^## (\d{4}-\d{2}-\d{2}).*\n\n(.+?)\. Not measured/m.exec(page);
  if (run === null) throw new Error('docs/performance.md has no dated run with its machine');
  const [, date, machine] = run;
  const bars = TURNS.map(({ turn, label, ours }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${turn} `));
    const value = Number(row?.split('|')[3]?.replaceAll(',', ''));
    if (!(value > 0)) throw new Error(`docs/performance.md has no row "${turn}"`);
    return { label, value, ours };
  });
  return {
    title: 'Reservations a second of one record, over gRPC',
    notes: [
      `Measured ${date}: ${machine}. 512 calls in flight (SQL: 4 clients).`,
      'Service, load generator and database share the two cores. How it is measured: docs/performance.md',
    ],
    bars,
  };
}
