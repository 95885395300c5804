/**
 * The engine's protocol without the engine: the states that commands, batches, locks and COMMITs can have, and every
 * step from each of them. There are two processes, two records, one database, and strangers. A step is one event in
 * one place. There is no time, so any order of steps is possible.
 *
 * Each command adds one unit to each record that it names. A batch writes what it read plus what it adds, so a lost
 * update shows in the record's count.
 */

/** Records are 0 and 1. The order in which a command names them only matters to one planted bug. */
export interface Command {
  readonly process: number;
  readonly records: readonly number[];
}

export type CommandState = 'to come' | 'queued' | 'taken' | 'done' | 'given up' | 'unanswered' | 'not found';

/**
 * - asking:    the locking read is under way; takes the records that are free
 * - in line:   waits for one record; takes no commands before it has it
 * - patient:   waits for each record of one command in turn
 * - open:      has its locks, has read and decided; COMMIT is about to be sent, or under way
 * - committed: COMMIT's answer is under way
 * - unknown:   the answer to COMMIT was lost
 */
type BatchState = 'asking' | 'in line' | 'patient' | 'open' | 'committed' | 'unknown';

export interface Batch {
  /** Its place, and the owner of its locks: `0 lane with 2`. */
  readonly name: string;
  isLane: boolean;
  readonly process: number;
  state: BatchState;
  commands: number[];
  /** Those of its commands that lack a record, and which record. */
  lacking: { command: number; record: number }[];
  /** Records on which it has the turn in its process. */
  turns: number[];
  /** The record that it waits for, or -1. */
  waitsFor: number;
  /** Counts of its records as it read them. */
  read: Record<number, number>;
  /** Identifies the try: the number of answers lost before it. */
  id: number;
}

/** A transaction without a client: it keeps its locks for a while. */
export interface Ghost {
  readonly name: string;
  /** What it may still write, if COMMIT has reached it; null if it has not. */
  readonly writes: { readonly entries: string[]; readonly counts: Record<number, number> } | null;
}

export interface State {
  commands: CommandState[];
  /** Commands that a batch has left undone once. */
  undone: boolean[];
  counts: number[];
  /** Who has locked the record: nobody, a batch, a ghost or a stranger. */
  locks: string[];
  /** `command/try`, in order of COMMIT. */
  log: string[];
  /** By process: the records that somebody outside keeps. */
  kept: boolean[][];
  /** By process: the records that came free without anybody being woken for them. */
  asleep: boolean[][];
  batches: Batch[];
  ghosts: Ghost[];
  alive: boolean[];
  crashes: number;
  lost: number;
  strangers: number;
}

/** How often each fault may happen. */
export interface Faults {
  readonly crashes: number;
  readonly lost: number;
  readonly strangers: number;
}

/**
 * - sure:  a step of the protocol, which will happen
 * - late:  will happen, too, but only commands that need a stranger's record may have to wait for it
 * - fault: may happen
 */
export type StepKind = 'sure' | 'late' | 'fault';

/** A step, and its description in words. */
export interface Step {
  readonly told: string;
  readonly kind: StepKind;
  readonly to: State;
}

const STRANGER = 'stranger';
const NOBODY = '';
const LANES = 2;
const RECORDS = [0, 1];
const PROCESSES = [0, 1];

/** The protocol's rules, each replaceable by a bug. */
export const RULES = {
  /** After an unanswered COMMIT: ask the database, or assume an answer. */
  unanswered: 'ask' as 'ask' | 'try again' | 'done' | 'given up',
  /** A process that asks takes the record's lock first. */
  askUnderLock: true,
  /** That record is one that the lost COMMIT changes. */
  askOfOwn: true,
  /** What a decision needs is read once the lock is taken. */
  readBehindLock: true,
  /** Callers are answered once COMMIT is answered. */
  answerAfterCommit: true,
  /** A batch keeps the turn on a record until COMMIT is answered. */
  turnUntilAnswer: true,
  /** A command whose record is not free waits; the bugs: it is done all the same, or told that there is no record. */
  lacking: 'wait' as 'wait' | 'done' | 'not found',
  /** One that was left undone keeps its place in the order of arrival. */
  undoneKeepsPlace: true,
  /** While a command waits for a record that somebody keeps, it stands in no other line. */
  givesUpPlaces: true,
  /** When a record comes free, and the first that waits for it also waits for another one, the next one is woken. */
  wakesNext: true,
  /** A transaction that waits with a lock waits in key order. */
  patientInKeyOrder: true,
  /** Lanes only take free records. */
  lanesSkip: true,
  /** One batch of a process at a time has a record's turn. */
  oneTurn: true,
  /** A batch that is tried again keeps its turns. */
  turnUntilDone: true,
};

export type Rules = typeof RULES;

/** The last command of each process may come at any time. Those before it are there from the start. */
export function startOf(commands: readonly Command[]): State {
  const isLast = (i: number): boolean =>
    !commands.some((c, n) => n > i && c.process === commands[i]!.process);
  return {
    commands: commands.map((_, i) => (isLast(i) ? 'to come' : 'queued')),
    undone: commands.map(() => false),
    counts: [0, 0],
    locks: [NOBODY, NOBODY],
    log: [],
    kept: [
      [false, false],
      [false, false],
    ],
    asleep: [
      [false, false],
      [false, false],
    ],
    batches: [],
    ghosts: [],
    alive: [true, true],
    crashes: 0,
    lost: 0,
    strangers: 0,
  };
}

/** Everything that may happen next. */
export function stepsFrom(from: State, commands: readonly Command[], rules: Rules, faults: Faults): Step[] {
  const steps: Step[] = [];
  const step = (told: string, change: (to: State) => void, kind: StepKind = 'sure'): void => {
    const to = copy(from);
    change(to);
    forget(to, commands);
    steps.push({ told, kind, to });
  };

  for (const process of PROCESSES) {
    if (!from.alive[process]) continue;
    const next = commands.findIndex((c, i) => c.process === process && from.commands[i] === 'to come');
    if (next >= 0) {
      step(`command ${next} comes`, (to) => {
        to.commands[next] = 'queued';
      });
    }
    const drawn = draw(from, commands, rules, process);
    const lanes = from.batches.filter((batch) => batch.process === process && batch.isLane).length;
    if (drawn.length > 0 && lanes < LANES) {
      const lane = `${process} lane with ${drawn[0]}`;
      step(`${lane} takes ${drawn}`, (to) => {
        const batch = newBatch(lane, process, 'asking', to);
        batch.isLane = true;
        take(to, batch, drawn, commands);
        if (!rules.readBehindLock) batch.read = readCounts(to, batch.turns);
      });
    }
    for (const record of RECORDS) {
      if (!from.kept[process]![record]) continue;
      const name = `${process} waits ${record}`;
      if (from.batches.some((batch) => batch.name === name)) continue;
      step(`${name}`, (to) => {
        newBatch(name, process, 'in line', to).waitsFor = record;
      });
      if (from.locks[record] === NOBODY) {
        step(`${process} sees that ${record} is free`, (to) => {
          to.kept[process]![record] = false;
          if (!rules.wakesNext)
            to.asleep[process]![record] = isFirstKept(to, commands, rules, process, record);
        });
      }
    }
    for (const [i, command] of commands.entries()) {
      if (command.process !== process || from.commands[i] !== 'queued') continue;
      const keptFor = command.records.find((record) => from.kept[process]![record]);
      if (keptFor !== undefined && from.locks[keptFor] === STRANGER) {
        step(
          `command ${i} is given up`,
          (to) => {
            to.commands[i] = 'given up';
          },
          'late',
        );
      }
      const name = `${process} patient ${i}`;
      if (from.undone[i] && command.records.length > 1) {
        step(
          `${name} begins`,
          (to) => {
            const batch = newBatch(name, process, 'patient', to);
            batch.commands = [i];
            to.commands[i] = 'taken';
            batch.waitsFor = inOrder(command, rules)[0]!;
          },
          'late',
        );
      }
    }
    if (from.crashes < faults.crashes) {
      step(`${process} crashes`, (to) => crash(to, commands, process), 'fault');
    }
  }
  for (const [index, { name, state, waitsFor, process }] of from.batches.entries()) {
    const doing = (told: string, change: (to: State, batch: Batch) => void, kind?: StepKind): void =>
      step(`${name} ${told}`, (to) => change(to, to.batches[index]!), kind);
    const free = waitsFor >= 0 && from.locks[waitsFor] === NOBODY;
    switch (state) {
      case 'asking':
        if (!rules.lanesSkip && from.batches[index]!.turns.some((r) => from.locks[r] !== NOBODY)) break;
        doing('locks what is free', (to, batch) => lockFree(to, batch, commands, rules));
        break;
      case 'in line':
        if (free) {
          doing('has its record', (to, batch) => {
            to.locks[waitsFor] = name;
            to.kept[process]![waitsFor] = false;
            const own = draw(to, commands, rules, process, waitsFor);
            take(to, batch, own, commands);
            lockFree(to, batch, commands, rules);
          });
        } else doing('has waited long enough', (to) => end(to, name));
        break;
      case 'patient': {
        if (free) {
          doing(`has ${waitsFor}`, (to, batch) => {
            to.locks[waitsFor] = name;
            const order = inOrder(commands[batch.commands[0]!]!, rules);
            batch.waitsFor = order[order.indexOf(waitsFor) + 1] ?? -1;
            if (batch.waitsFor < 0) lockFree(to, batch, commands, rules);
          });
        } else {
          doing('loses its patience', (to, batch) => {
            to.commands[batch.commands[0]!] = 'queued';
            end(to, name);
          });
        }
        break;
      }
      case 'open':
        if (from.lost < faults.lost) {
          doing(
            'loses its connection before COMMIT',
            (to, batch) => loseBefore(to, batch, commands, rules),
            'fault',
          );
        }
        doing('commits', (to, batch) => {
          write(to, writesOf(batch, commands));
          unlock(to, name);
          batch.state = 'committed';
        });
        break;
      case 'committed':
        doing('is answered', (to, batch) => finish(to, batch, commands, rules));
        break;
      case 'unknown':
        settle(from, index, commands, rules, doing);
        break;
    }
    if (from.lost < faults.lost && state !== 'unknown') {
      doing('loses its connection', (to, batch) => lose(to, batch, commands, rules), 'fault');
    }
  }
  for (const ghost of from.ghosts) {
    step(`${ghost.name} ends`, (to) => endGhost(to, ghost));
    if (ghost.writes !== null) {
      step(`${ghost.name} commits`, (to) => {
        write(to, ghost.writes!);
        endGhost(to, ghost);
      });
    }
  }
  for (const record of RECORDS) {
    if (from.locks[record] === STRANGER) {
      step(
        `the stranger frees ${record}`,
        (to) => {
          to.locks[record] = NOBODY;
        },
        'late',
      );
    } else if (from.locks[record] === NOBODY && from.strangers < faults.strangers) {
      step(
        `a stranger takes ${record}`,
        (to) => {
          to.locks[record] = STRANGER;
          to.strangers++;
        },
        'fault',
      );
    }
  }
  return steps;
}

/** Each command is answered, or its process has crashed, and nothing is in progress. */
export function isFinal({ commands, batches, ghosts }: State): boolean {
  return batches.length === 0 && ghosts.length === 0 && commands.every(isAnswered);
}

export function isAnswered(state: CommandState): boolean {
  return state !== 'to come' && state !== 'queued' && state !== 'taken';
}

/** The commands, in order of arrival, whose turn has come: all, or those that need `behind`. */
function draw(
  state: State,
  commands: readonly Command[],
  rules: Rules,
  process: number,
  behind?: number,
): number[] {
  const taken = new Set(
    state.batches.filter((b) => b.process === process && rules.oneTurn).flatMap((b) => b.turns),
  );
  for (const record of RECORDS) if (state.asleep[process]![record]) taken.add(record);
  const drawn: number[] = [];
  for (const i of inLine(state, commands, rules, process)) {
    const { records } = commands[i]!;
    const kept = records.some((record) => state.kept[process]![record]);
    if (kept && rules.givesUpPlaces) continue;
    const isNext = !kept && !records.some((record) => taken.has(record));
    if (isNext && (behind === undefined || records.includes(behind))) drawn.push(i);
    else for (const record of records) taken.add(record);
  }
  return drawn;
}

function inLine(state: State, commands: readonly Command[], rules: Rules, process: number): number[] {
  const queued = commands.flatMap((command, i) =>
    command.process === process && state.commands[i] === 'queued' ? [i] : [],
  );
  if (rules.undoneKeepsPlace) return queued;
  return [...queued.filter((i) => !state.undone[i]), ...queued.filter((i) => state.undone[i])];
}

/** The first command that waits for the record also waits for another one, which somebody keeps. */
function isFirstKept(
  state: State,
  commands: readonly Command[],
  rules: Rules,
  process: number,
  record: number,
): boolean {
  const first = inLine(state, commands, rules, process).find((i) => commands[i]!.records.includes(record));
  return first !== undefined && commands[first]!.records.some((one) => state.kept[process]![one]);
}

function take(state: State, batch: Batch, drawn: readonly number[], commands: readonly Command[]): void {
  batch.commands = [...drawn];
  batch.turns = [...new Set(drawn.flatMap((i) => commands[i]!.records))];
  for (const i of drawn) state.commands[i] = 'taken';
}

/** Takes those of the batch's records that are free, reads them, and decides the commands that have all of theirs. */
function lockFree(state: State, batch: Batch, commands: readonly Command[], rules: Rules): void {
  const { name } = batch;
  const needed = [...new Set(batch.commands.flatMap((i) => commands[i]!.records))];
  for (const record of needed) if (state.locks[record] === NOBODY) state.locks[record] = name;
  batch.waitsFor = -1;
  batch.lacking = [];
  for (const i of batch.commands) {
    const record = commands[i]!.records.find((one) => state.locks[one] !== name);
    if (record === undefined || rules.lacking === 'done') continue;
    if (rules.lacking === 'not found') state.commands[i] = 'not found';
    else batch.lacking.push({ command: i, record });
  }
  if (rules.readBehindLock || Object.keys(batch.read).length === 0) batch.read = readCounts(state, needed);
  const decided = batch.commands.some((i) => state.commands[i] === 'taken' && !isLacking(batch, i));
  if (!decided) {
    finish(state, batch, commands, rules);
    return;
  }
  batch.state = 'open';
  if (!rules.answerAfterCommit) answer(state, batch, 'done');
  if (!rules.turnUntilAnswer) batch.turns = [];
}

function isLacking(batch: Batch, command: number): boolean {
  return batch.lacking.some((one) => one.command === command);
}

function readCounts(state: State, records: readonly number[]): Record<number, number> {
  return Object.fromEntries(records.map((record) => [record, state.counts[record]!]));
}

/** Answers the commands, and has those that lack a record wait for it. */
function finish(state: State, batch: Batch, commands: readonly Command[], rules: Rules): void {
  answer(state, batch, 'done');
  for (const { command, record } of batch.lacking) {
    state.commands[command] = 'queued';
    // The other commands are treated like new ones.
    if (commands[command]!.records.length > 1 || !rules.undoneKeepsPlace) state.undone[command] = true;
    const isOwn = state.batches.some(
      (other) => other !== batch && other.process === batch.process && other.turns.includes(record),
    );
    if (!isOwn) state.kept[batch.process]![record] = true;
  }
  end(state, batch.name);
}

function answer(state: State, batch: Batch, as: CommandState): void {
  for (const i of batch.commands) {
    if (!isLacking(batch, i) && state.commands[i] === 'taken') state.commands[i] = as;
  }
}

function end(state: State, name: string): void {
  unlock(state, name);
  state.batches = state.batches.filter((batch) => batch.name !== name);
}

function unlock(state: State, name: string): void {
  state.locks = state.locks.map((owner) => (owner === name ? NOBODY : owner));
}

function writesOf(batch: Batch, commands: readonly Command[]): NonNullable<Ghost['writes']> {
  const decided = batch.commands.filter((i) => !isLacking(batch, i));
  const counts: Record<number, number> = {};
  for (const record of new Set(decided.flatMap((i) => commands[i]!.records))) {
    const added = decided.filter((i) => commands[i]!.records.includes(record)).length;
    counts[record] = batch.read[record]! + added;
  }
  return { entries: decided.map((i) => `${i}/${batch.id}`), counts };
}

function write(state: State, { entries, counts }: NonNullable<Ghost['writes']>): void {
  state.log.push(...entries);
  for (const [record, count] of Object.entries(counts)) state.counts[Number(record)] = count;
}

/** The client's end is gone; the server's end knows nothing yet. */
function haunt(state: State, batch: Batch, commands: readonly Command[], mayCommit = true): void {
  const name = `ghost of ${batch.name}, ${state.lost + state.crashes}`;
  const has = state.locks.includes(batch.name);
  if (!has) return;
  state.locks = state.locks.map((owner) => (owner === batch.name ? name : owner));
  state.ghosts.push({ name, writes: batch.state === 'open' && mayCommit ? writesOf(batch, commands) : null });
}

function endGhost(state: State, { name }: Ghost): void {
  unlock(state, name);
  state.ghosts = state.ghosts.filter((ghost) => ghost.name !== name);
}

function lose(state: State, batch: Batch, commands: readonly Command[], rules: Rules): void {
  haunt(state, batch, commands);
  state.lost++;
  switch (batch.state) {
    case 'in line':
      end(state, batch.name);
      return;
    case 'open':
    case 'committed':
      batch.state = 'unknown';
      return;
    default:
      tryAgain(state, batch, rules);
  }
}

function loseBefore(state: State, batch: Batch, commands: readonly Command[], rules: Rules): void {
  haunt(state, batch, commands, false);
  state.lost++;
  tryAgain(state, batch, rules);
}

function tryAgain(state: State, batch: Batch, rules: Rules): void {
  batch.id = state.lost;
  batch.read = {};
  batch.state = 'asking';
  batch.waitsFor = -1;
  batch.lacking = [];
  if (!rules.turnUntilDone) batch.turns = [];
}

function settle(
  from: State,
  index: number,
  commands: readonly Command[],
  rules: Rules,
  doing: (told: string, change: (to: State, batch: Batch) => void) => void,
): void {
  const batch = from.batches[index]!;
  switch (rules.unanswered) {
    case 'try again':
      doing('tries again', (to, one) => tryAgain(to, one, rules));
      return;
    case 'done':
    case 'given up':
      doing(`is told ${rules.unanswered}`, (to, one) => {
        if (rules.unanswered === 'given up') answer(to, one, 'given up');
        finish(to, one, commands, rules);
      });
      return;
    case 'ask': {
      const evidence = batch.commands.find((i) => !isLacking(batch, i))!;
      // By the rules, it is a record that the COMMIT changes: a backend that still executes the COMMIT has its lock.
      const record = rules.askOfOwn ? commands[evidence]!.records[0]! : Number(Object.keys(batch.read)[0]);
      if (rules.askUnderLock && from.locks[record] !== NOBODY) return;
      doing('asks', (to, one) => {
        if (to.log.includes(`${evidence}/${one.id}`)) finish(to, one, commands, rules);
        else tryAgain(to, one, rules);
      });
    }
  }
}

function crash(state: State, commands: readonly Command[], process: number): void {
  for (const batch of state.batches) if (batch.process === process) haunt(state, batch, commands);
  state.batches = state.batches.filter((batch) => batch.process !== process);
  state.kept[process] = [false, false];
  state.alive[process] = false;
  state.crashes++;
  for (const [i, command] of commands.entries()) {
    if (command.process === process && !isAnswered(state.commands[i]!)) state.commands[i] = 'unanswered';
  }
}

/** Clears what no longer matters, so that states that only differ in that are one state. */
function forget(state: State, commands: readonly Command[]): void {
  for (const process of PROCESSES) {
    for (const record of RECORDS) {
      const isWanted = commands.some(
        (c, i) => c.process === process && c.records.includes(record) && state.commands[i] === 'queued',
      );
      if (isWanted) continue;
      state.kept[process]![record] = false;
      state.batches = state.batches.filter(
        (b) => b.process !== process || b.state !== 'in line' || b.waitsFor !== record,
      );
    }
  }
  for (const [i, told] of state.commands.entries()) if (isAnswered(told)) state.undone[i] = false;
}

function inOrder({ records }: Command, rules: Rules): readonly number[] {
  return rules.patientInKeyOrder ? [...records].sort() : records;
}

function newBatch(name: string, process: number, state: BatchState, in_: State): Batch {
  const batch: Batch = {
    name,
    isLane: false,
    process,
    state,
    commands: [],
    lacking: [],
    turns: [],
    waitsFor: -1,
    read: {},
    id: in_.lost,
  };
  in_.batches.push(batch);
  in_.batches.sort((a, b) => (a.name < b.name ? -1 : 1));
  return batch;
}

function copy(state: State): State {
  return {
    ...state,
    commands: [...state.commands],
    undone: [...state.undone],
    counts: [...state.counts],
    locks: [...state.locks],
    log: [...state.log],
    kept: state.kept.map((records) => [...records]),
    asleep: state.asleep.map((records) => [...records]),
    batches: state.batches.map((batch) => ({ ...batch })),
    ghosts: [...state.ghosts],
    alive: [...state.alive],
  };
}
