import { describe, expect, test } from 'vitest';
import { explore } from './explore.js';
import { type Command, type Faults, RULES, type Rules } from './protocol.js';

/** `xy x | yx`: the commands of one process and of the other, in order of arrival, each as the records it names. */
function commandsOf(told: string): Command[] {
  return told.split('|').flatMap((own, process) =>
    own
      .trim()
      .split(' ')
      .filter((names) => names !== '')
      .map((names) => ({ process, records: [...names].map((name) => 'xy'.indexOf(name)) })),
  );
}

const quiet: Faults = { crashes: 0, lost: 0, strangers: 0 };
const lost = { ...quiet, lost: 1 };
const crash = { ...quiet, crashes: 1 };
const stranger = { ...quiet, strangers: 1 };

describe('in every state that can be reached, nothing is wrong, and there is a way to an end', () => {
  test.each([
    ['x | x', { crashes: 1, lost: 1, strangers: 1 }],
    ['x | x', { ...quiet, lost: 2 }],
    ['x x | x x', lost],
    ['x x | x x', crash],
    ['x x | x x', stranger],
    ['xy x | yx', lost],
    ['xy x | yx', crash],
    ['xy x | yx', stranger],
    ['xy x y | x', crash],
    ['xy x y | x', stranger],
    ['xy x | x y', crash],
    ['xy y x xy |', lost],
    ['xy y x xy |', { ...quiet, strangers: 2 }],
  ])('%s, %j', (commands, faults) => {
    const { states, wrong } = explore(commandsOf(commands), RULES, faults);
    expect(wrong).toBeUndefined();
    // Fewer states would mean that the model hardly explored anything.
    expect(states).toBeGreaterThan(200);
  });
});

/** [a rule that is broken, the change, commands and faults with which it shows, what is then wrong] */
const planted: [string, Partial<Rules>, string, Faults, string][] = [
  ['an unanswered COMMIT is tried again', { unanswered: 'try again' }, 'x |', lost, 'twice'],
  ['an unanswered COMMIT is taken for done', { unanswered: 'done' }, 'x |', lost, 'did nothing'],
  [
    'an unanswered COMMIT is taken for failed',
    { unanswered: 'given up' },
    'x |',
    lost,
    'refused and took effect',
  ],
  ['the question about a COMMIT does not take the lock', { askUnderLock: false }, 'x |', lost, 'twice'],
  [
    'it takes the lock of a record that the COMMIT does not change',
    { askOfOwn: false },
    'x | xy y',
    lost,
    'twice',
  ],
  [
    'a batch is drawn, and reads, before it has its locks',
    { readBehindLock: false },
    'x | x',
    quiet,
    'counts 1 after 2',
  ],
  ['callers are answered before COMMIT is', { answerAfterCommit: false }, 'x |', lost, 'did nothing'],
  ['the turn is given up before COMMIT is answered', { turnUntilAnswer: false }, 'x x |', lost, 'overtook'],
  ['a batch that is tried again gives up its turns', { turnUntilDone: false }, 'x x |', lost, 'overtook'],
  ['one that lacks its record goes on without', { lacking: 'done' }, 'x | x', quiet, 'counts 1 after 2'],
  [
    'one that lacks its record hears that there is none',
    { lacking: 'not found' },
    'x | x',
    quiet,
    'does not exist',
  ],
  ['one that was left undone joins the end', { undoneKeepsPlace: false }, 'x x | x', quiet, 'overtook'],
  ['two batches of a process ask for one record', { oneTurn: false }, 'x x |', lost, 'overtook'],
  [
    'a wait for one record keeps the places in other lines',
    { givesUpPlaces: false },
    'xy y |',
    stranger,
    'held up',
  ],
  [
    'the next one is not woken where the first waits on',
    { wakesNext: false },
    'xy x y |',
    { ...quiet, strangers: 2 },
    'no way',
  ],
  ['a lane waits for its records', { lanesSkip: false }, 'x y |', stranger, 'held up'],
  ['locks are waited for in the order named', { patientInKeyOrder: false }, 'xy | yx', stranger, 'circle'],
];

test.each(planted)('planted: %s', (_, broken, commands, faults, found) => {
  expect(`${explore(commandsOf(commands), { ...RULES, ...broken }, faults).wrong}`).toContain(found);
});
