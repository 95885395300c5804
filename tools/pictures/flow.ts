import { type Drawing, text, textWidth } from './svg.js';

interface Flow {
  readonly title: string;
  /** Name in the text → what the picture calls it, from left to right. */
  readonly lanes: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

type Step =
  | {
      readonly kind: 'message';
      readonly from: string;
      readonly to: string;
      readonly answer: boolean;
      readonly label: string;
    }
  | { readonly kind: 'act'; readonly lane: string; readonly label: string }
  | { readonly kind: 'section'; readonly label: string };

/** Reads a flow. Throws, with the line, on what it does not understand. */
export function parseFlow(source: string): Flow {
  const lanes = new Map<string, string>();
  const steps: Step[] = [];
  let title = '';
  const known = (lane: string, line: string): string => {
    if (!lanes.has(lane)) throw new Error(`"${line}": there is no lane ${lane}`);
    return lane;
  };
  for (const line of source.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const section = /^== (.+) ==$/.exec(line);
    const [, head, label] = /^([^:]+): (.+)$/.exec(line) ?? [];
    if (section !== null) {
      steps.push({ kind: 'section', label: section[1]! });
    } else if (head === undefined || label === undefined) {
      throw new Error(`"${line}" is no step`);
    } else if (head === 'title') {
      title = label;
    } else if (head.startsWith('lane ')) {
      lanes.set(head.slice('lane '.length), label);
    } else {
      const [, from, arrow, to] = /^(\w+) (-->|->) (\w+)$/.exec(head) ?? [];
      if (from === undefined || to === undefined) steps.push({ kind: 'act', lane: known(head, line), label });
      else {
        const answer = arrow === '-->';
        steps.push({ kind: 'message', from: known(from, line), to: known(to, line), answer, label });
      }
    }
  }
  return { title, lanes, steps };
}

const EDGE = 90;
const LANE = 220;
const TOP = 100;
const HEADER = 34;
const ROW = 46;

export function drawFlow({ title, lanes, steps }: Flow): Drawing {
  const names = [...lanes.keys()];
  const width = EDGE * 2 + LANE * (names.length - 1);
  const x = (lane: string): number => EDGE + LANE * names.indexOf(lane);
  const bottom = TOP + ROW * steps.length;
  const elements = [text(20, 32, title, { className: 'title' })];
  for (const [name, label] of lanes) {
    elements.push(
      `<path class="line" d="M${x(name)} ${TOP - 16}V${bottom}"/>`,
      `<rect class="box" x="${x(name) - 70}" y="${TOP - 16 - HEADER}" width="140" height="${HEADER}" rx="6"/>`,
      text(x(name), TOP - 28, label, { anchor: 'middle', className: 'strong' }),
    );
  }
  steps.forEach((step, i) => {
    const y = TOP + ROW * i + 28;
    if (step.kind === 'section') elements.push(...section(step.label, y, width));
    else if (step.kind === 'act') elements.push(...act(step.label, x(step.lane), y, width));
    else elements.push(...message(step.label, x(step.from), x(step.to), y, step.answer));
  });
  return { width, height: bottom + 24, description: `${title}: ${steps.map(spoken).join('; ')}.`, elements };
}

function spoken(step: Step): string {
  if (step.kind === 'message') return `${step.from} to ${step.to}: ${step.label}`;
  return step.kind === 'act' ? `${step.lane}: ${step.label}` : step.label;
}

function section(label: string, y: number, width: number): string[] {
  return [
    `<path class="line" stroke-dasharray="4 4" d="M20 ${y - 5}H${width - 20}"/>`,
    plate(width / 2, y, label),
    text(width / 2, y, label, { anchor: 'middle', className: 'strong' }),
  ];
}

/** A box on the lane, moved inwards where it would leave the picture. */
function act(label: string, lane: number, y: number, width: number): string[] {
  const boxed = textWidth(label) + 24;
  const x = Math.min(Math.max(lane, boxed / 2 + 20), width - boxed / 2 - 20);
  return [
    `<rect class="box" x="${x - boxed / 2}" y="${y - 20}" width="${boxed}" height="30" rx="15"/>`,
    text(x, y, label, { anchor: 'middle' }),
  ];
}

/** An arrow under its words, which begin at the arrow's left end and may be longer than it. */
function message(label: string, from: number, to: number, y: number, answer: boolean): string[] {
  const [left, back] = [Math.min(from, to), to < from ? 1 : -1];
  const dashes = answer ? ' stroke-dasharray="5 4"' : '';
  return [
    plate(left + 10 + textWidth(label) / 2, y - 4, label),
    text(left + 10, y - 4, label),
    `<path class="arrow"${dashes} d="M${from} ${y + 6}H${to + back * 8}"/>`,
    `<path class="head" d="M${to} ${y + 6}l${back * 9} -5v10z"/>`,
  ];
}

/** A background that keeps the lines of the lanes from crossing words. */
function plate(middle: number, y: number, label: string): string {
  const width = textWidth(label) + 8;
  return `<rect x="${middle - width / 2}" y="${y - 14}" width="${width}" height="19" style="fill: var(--back)"/>`;
}
