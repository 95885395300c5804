import { type Drawing, text } from '../../tools/pictures/svg.js';
import { median } from '../reading.js';
import type { Report } from '../report.js';
import { curveShares, curveSides, curveTurn } from '../turns.js';
import { noteOf } from './note.js';

interface Point {
  readonly perSecond: number;
  readonly ms: number;
}

interface Curve {
  readonly label: string;
  readonly ours: boolean;
  readonly dashed: boolean;
  readonly points: readonly Point[];
}

const WIDTH = 800;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 170;
const TOP = 56;
const BOTTOM = 76;

const NAMES = { holdfast: 'Holdfast', plain: 'one transaction a request' } as const;

/** p50 and p99 against what callers offer, both on logarithmic scales. Undefined: the run has no such turns. */
export function drawLatency(report: Report): Drawing | undefined {
  const curves = curveSides.flatMap((side): Curve[] => {
    const readings = curveShares.flatMap((share) => report.turns[curveTurn(side, share)] ?? []);
    if (readings.length === 0) return [];
    return (['p50', 'p99'] as const).map((percentile) => ({
      label: `${NAMES[side]}, ${percentile}`,
      ours: side === 'holdfast',
      dashed: percentile === 'p99',
      points: curveShares.flatMap((share) => {
        const at = report.turns[curveTurn(side, share)] ?? [];
        if (at.length === 0) return [];
        const ms = median(at.map(({ latencyMs }) => latencyMs[percentile]));
        return [{ perSecond: median(at.map(({ perSecond }) => perSecond)), ms }];
      }),
    }));
  });
  if (curves.length === 0) return undefined;
  const points = curves.flatMap((curve) => curve.points);
  const x = scale(
    points.map(({ perSecond }) => perSecond),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = scale(
    points.map(({ ms }) => ms),
    HEIGHT - BOTTOM,
    TOP,
  );
  const heading = 'Latency against load: one record, gRPC';
  const elements = [
    text(20, 32, heading, { className: 'title' }),
    ...x.ticks.flatMap((tick) => [
      `<path class="line" d="M${x.at(tick)} ${TOP}V${HEIGHT - BOTTOM}"/>`,
      text(x.at(tick), HEIGHT - BOTTOM + 18, tick.toLocaleString('en-US'), {
        anchor: 'middle',
        className: 'small',
      }),
    ]),
    ...y.ticks.flatMap((tick) => [
      `<path class="line" d="M${LEFT} ${y.at(tick)}H${WIDTH - RIGHT}"/>`,
      text(LEFT - 8, y.at(tick) + 4, `${tick} ms`, { anchor: 'end', className: 'small' }),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 38, 'calls a second', {
      anchor: 'middle',
      className: 'small',
    }),
    ...curves.flatMap((curve) => drawCurve(curve, x.at, y.at)),
    text(20, HEIGHT - 14, noteOf(report), { className: 'small' }),
  ];
  const told = curves.map(({ label, points: of }) => {
    const values = of.map(({ perSecond, ms }) => `${ms.toFixed(1)} ms at ${Math.round(perSecond)}/s`);
    return `${label}: ${values.join(', ')}`;
  });
  return { width: WIDTH, height: HEIGHT, description: `${heading}. ${told.join('. ')}.`, elements };
}

function drawCurve(
  { label, ours, dashed, points }: Curve,
  x: (perSecond: number) => number,
  y: (ms: number) => number,
): string[] {
  const color = ours ? 'var(--ours)' : 'var(--bar)';
  const style = `fill: none; stroke: ${color}; stroke-width: 2.5${dashed ? '; stroke-dasharray: 6 4' : ''}`;
  const path = points
    .map(({ perSecond, ms }, i) => `${i === 0 ? 'M' : 'L'}${x(perSecond)} ${y(ms)}`)
    .join('');
  const last = points.at(-1)!;
  return [
    `<path style="${style}" d="${path}"/>`,
    ...points.map(
      ({ perSecond, ms }) => `<circle style="fill: ${color}" cx="${x(perSecond)}" cy="${y(ms)}" r="3.5"/>`,
    ),
    ours
      ? text(x(last.perSecond) + 10, y(last.ms) + 4, label, { className: 'strong' })
      : text(x(last.perSecond), y(last.ms) - 10, label, { anchor: 'end', className: 'small' }),
  ];
}

/** A logarithmic scale with a tick at each power of ten, from the one below the least value to the one above the most. */
function scale(values: readonly number[], from: number, to: number) {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value: number): number =>
      Math.round((from + ((Math.log10(value) - first) / (last - first)) * (to - from)) * 10) / 10,
    ticks: Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i)),
  };
}
