import { describe, expect, test } from 'vitest';
import { stepsOf } from '../support/markdown.js';
import { expectPrinted } from '../support/markdown-output.js';

/** The reader of pages itself. A mistake that it let through would leave steps of the pages untested. */

const fence = '```';
const page = (...blocks: [info: string, text: string][]): string =>
  blocks.map(([info, text]) => `Words.\n\n${fence}${info}\n${text}\n${fence}\n`).join('\n');

describe('steps of a page', () => {
  test('in their order, with what they print', () => {
    const markdown = page(
      ['ts file=build/a.ts', 'a();'],
      ['sh', 'node a'],
      ['json output', '{}'],
      ['sh fails', 'false'],
      ['sh not-run', 'go'],
    );
    expect(stepsOf(markdown)).toEqual([
      { kind: 'file', path: 'build/a.ts', text: 'a();\n', line: 3 },
      {
        kind: 'run',
        how: 'succeeds',
        script: 'node a\n',
        output: { language: 'json', word: 'output', text: '{}\n', line: 15 },
        line: 9,
      },
      { kind: 'run', how: 'fails', script: 'false\n', output: undefined, line: 21 },
      { kind: 'run', how: 'not-run', script: 'go\n', output: undefined, line: 27 },
    ]);
  });

  test.each<[string, [string, string][], string]>([
    ['a language that nobody runs', [['ts', 'a();']], 'line 3: nobody can run this'],
    ['output of nothing', [['text output', 'a']], 'line 3: nobody can run this'],
    [
      'output of a file',
      [
        ['js file=a.js', 'a'],
        ['text output', 'a'],
      ],
      'line 9: nobody can run this',
    ],
    [
      'output of what is not run',
      [
        ['sh not-run', 'a'],
        ['text output', 'a'],
      ],
      'line 9: nobody can run this',
    ],
    ['a misspelt word', [['sh not-ran', 'a']], 'line 3: "not-ran" is no way to run a script'],
    ['a stream that says nothing', [['sh stream', 'a']], 'line 3: a stream prints something'],
  ])('%s', (_, blocks, message) => {
    expect(() => stepsOf(page(...blocks))).toThrow(message);
  });
});

test.each([
  ['text', 'a\nb', 'a\nb\n', 'as shown'],
  ['text', 'a\nb', 'a\r\nb\r\n', 'as shown'],
  ['text', 'a', 'a\nb', 'otherwise'],
  ['text', 'a', 'A', 'otherwise'],
  ['text', 'a.c', 'abc', 'otherwise'],
  ['text', 'id …!', 'id 17!', 'as shown'],
  ['text', 'id …!', 'id 17', 'otherwise'],
  ['text', 'a…b', 'a\nb', 'otherwise'],
  ['text', 'a\n…\nb', 'a\n1\n2\nb', 'as shown'],
  ['text', 'a\n…\nb', 'a\n1\n2', 'otherwise'],
  ['json', '{"a": 1, "b": [2]}', '{"b":[2],\n"a":1}', 'as shown'],
  ['json', '{"a": 1}', '{"a": 1, "b": 2}', 'otherwise'],
  ['json', '{"a": 1, "b": 2}', '{"a": 1}', 'otherwise'],
  ['json', '{"a": "…"}', '{"a": "x"}', 'as shown'],
  ['json', '{"a": ["r-…"]}', '{"a": ["r-1"]}', 'as shown'],
  ['json', '{"a": ["r-…"]}', '{"a": ["s-1"]}', 'otherwise'],
  ['json', '{"a": "…"}', '{"a": 1}', 'otherwise'],
  ['json', '{}', 'npm warn {}', 'otherwise'],
])('%s %j, printed %j: %s', (language, text, printed, how) => {
  const compare = () => expectPrinted(printed, { language, word: 'output', text: `${text}\n`, line: 1 });
  if (how === 'as shown') compare();
  else expect(compare).toThrow('what line 1 shows');
});
