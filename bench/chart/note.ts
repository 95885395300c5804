import type { Report } from '../report.js';

/** Where and when it was measured, as both pictures say it. */
export function noteOf({ machine, run }: Report): string {
  const how = run.quick ? 'one short round, a first look' : `${run.rounds} rounds`;
  return `${run.date.slice(0, 10)}, ${how}: ${machine.cpu}, ${machine.cores} cores, shared by service, load and database.`;
}
