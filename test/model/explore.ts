import {
  type Command,
  type Faults,
  isAnswered,
  isFinal,
  type Rules,
  type State,
  startOf,
  stepsFrom,
} from './protocol.js';

export interface Explored {
  readonly states: number;
  /** The first thing that is wrong, and the shortest way there; undefined if nothing is wrong. */
  readonly wrong: string | undefined;
}

/** Goes through every state that can be reached, nearest first, and stops at the first that is wrong. */
export function explore(commands: readonly Command[], rules: Rules, faults: Faults): Explored {
  const start = startOf(commands);
  const states: State[] = [start];
  const numbers = new Map([[keyOf(start), 0]]);
  const cameBy: { from: number; told: string }[] = [{ from: -1, told: '' }];
  /** By state: the states from which a step that will happen leads to it. */
  const before: number[][] = [[]];
  /** The same, while strangers keep their locks. */
  const beforeKept: number[][] = [[]];

  const wayTo = (state: number): string => {
    const told: string[] = [];
    for (let at = state; at > 0; at = cameBy[at]!.from) told.unshift(cameBy[at]!.told);
    return told.join('\n');
  };
  for (let at = 0; at < states.length; at++) {
    const state = states[at]!;
    const flaw = flawOf(state, commands);
    if (flaw !== undefined) return { states: states.length, wrong: `${flaw}\n${wayTo(at)}` };
    for (const { told, kind, to } of stepsFrom(state, commands, rules, faults)) {
      const key = keyOf(to);
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.length;
        numbers.set(key, number);
        states.push(to);
        cameBy.push({ from: at, told });
        before.push([]);
        beforeKept.push([]);
      }
      if (kind === 'fault') continue;
      before[number]!.push(at);
      if (kind === 'sure') beforeKept[number]!.push(at);
    }
  }
  const stuck = unreached(states, before, isFinal);
  if (stuck >= 0) return { states: states.length, wrong: `no way to an end\n${wayTo(stuck)}` };
  const held = unreached(states, beforeKept, (state) => areOthersAnswered(state, commands));
  if (held >= 0) return { states: states.length, wrong: `held up by a stranger\n${wayTo(held)}` };
  return { states: states.length, wrong: undefined };
}

function keyOf(state: State): string {
  return JSON.stringify(state);
}

/** Nothing is lost, doubled or overtaken, and nobody waits in a circle. */
function flawOf(
  { counts, log, commands: told, batches, locks }: State,
  commands: readonly Command[],
): string | undefined {
  const effects = log.map((entry) => Number.parseInt(entry, 10));
  for (const [record, count] of counts.entries()) {
    const entries = effects.filter((i) => commands[i]!.records.includes(record)).length;
    if (entries !== count) return `record ${record} counts ${count} after ${entries} commands`;
  }
  if (new Set(effects).size < effects.length) return 'a command took effect twice';
  for (const [i, state] of told.entries()) {
    if (state === 'done' && !effects.includes(i)) return `command ${i} was acknowledged and did nothing`;
    if (state === 'given up' && effects.includes(i)) return `command ${i} was refused and took effect`;
    if (state === 'not found') return `command ${i} was told that its record does not exist`;
  }
  for (const [i, one] of effects.entries()) {
    const { process, records } = commands[one]!;
    const overtaken = effects.slice(i + 1).find((other) => {
      const { process: ofOther, records: others } = commands[other]!;
      return other < one && ofOther === process && `${records}` === `${others}` && records.length === 1;
    });
    if (overtaken !== undefined) return `command ${one} overtook ${overtaken}`;
  }
  for (const { name, waitsFor } of batches) {
    const seen = new Set([name]);
    for (let next = waitsFor; next >= 0; ) {
      const owner = locks[next]!;
      if (seen.has(owner)) return `${[...seen].join(' waits for ')} in a circle`;
      seen.add(owner);
      next = batches.find((batch) => batch.name === owner)?.waitsFor ?? -1;
    }
  }
  return undefined;
}

/** Each command is answered, unless it needs a record that a stranger has. */
function areOthersAnswered({ commands: told, locks }: State, commands: readonly Command[]): boolean {
  return told.every(
    (state, i) => isAnswered(state) || commands[i]!.records.some((record) => locks[record] === 'stranger'),
  );
}

/** Returns a state from which no goal can be reached; -1 if there is none. */
function unreached(
  states: readonly State[],
  before: readonly number[][],
  isGoal: (state: State) => boolean,
): number {
  const reached = new Uint8Array(states.length);
  const next: number[] = [];
  for (const [number, state] of states.entries()) {
    if (!isGoal(state)) continue;
    reached[number] = 1;
    next.push(number);
  }
  for (let number = next.pop(); number !== undefined; number = next.pop()) {
    for (const from of before[number]!) {
      if (reached[from] === 1) continue;
      reached[from] = 1;
      next.push(from);
    }
  }
  return reached.indexOf(0);
}
