/** The largest first. */
const unitSeconds = new Map([
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]);

/** Seconds of `90s`, `15m`, `1h`, `30d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * unitSeconds.get(match[2]!)!;
}

/** The inverse, in the largest unit that divides evenly: `90s`, `15m`. */
export function formatDuration(seconds: number): string {
  const [unit, each] = [...unitSeconds].find(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / each}${unit}`;
}
