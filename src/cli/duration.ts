const unitSeconds = { s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds of `90s`, `15m`, `1h`, `30d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * unitSeconds[match[2] as keyof typeof unitSeconds];
}

/** The inverse, in the largest unit that divides evenly: `90s`, `15m`. */
export function formatDuration(seconds: number): string {
  const fitting = (['d', 'h', 'm'] as const).find((unit) => seconds % unitSeconds[unit] === 0) ?? 's';
  return `${seconds / unitSeconds[fitting]}${fitting}`;
}
