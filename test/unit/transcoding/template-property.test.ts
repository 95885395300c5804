import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capture, readingsOf } from '../../../src/transcoding/rules/request-path.js';
import { RouteTree } from '../../../src/transcoding/rules/route-tree.js';
import type { Template } from '../../../src/transcoding/rules/template.js';
import { parseTemplate } from '../../../src/transcoding/rules/template-parser.js';

/** A part of a template, and what a client renders in its place. */
interface Part {
  /** As in the template, for a field of some name. */
  readonly source: (name: string) => string;
  /** As in the path. */
  readonly rendered: string;
  /** Of a variable. */
  readonly value?: string;
}

const reserved = /[^-_.~0-9a-zA-Z]/gu;
const percent = (text: string): string =>
  text.replace(reserved, (c) =>
    [...Buffer.from(c)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

const word = fc.stringMatching(/^[a-z0-9_~.-]{1,6}$/);
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
/** A segment of a multi-segment value: a slash within it would not come back. */
const partOfValue = value.filter((text) => !/\/|%2f/i.test(text));

/** Literals and stars, with what stands for them in a path. */
const plainSegment = fc.oneof(
  word.map((text) => ({ source: text, rendered: text, text })),
  partOfValue.map((text) => ({ source: '*', rendered: percent(text), text })),
);
const literal = word.map((text): Part => ({ source: () => text, rendered: text }));
const star = value.map((text): Part => ({ source: () => '*', rendered: percent(text) }));
const single = fc.tuple(value, fc.boolean()).map(
  ([text, spelt]): Part => ({
    source: (name) => (spelt ? `{${name}=*}` : `{${name}}`),
    rendered: percent(text),
    value: text,
  }),
);
const multi = fc.array(plainSegment, { minLength: 2, maxLength: 4 }).map(
  (segments): Part => ({
    source: (name) => `{${name}=${segments.map((s) => s.source).join('/')}}`,
    rendered: segments.map((s) => s.rendered).join('/'),
    value: segments.map((s) => s.text).join('/'),
  }),
);
const rest = fc.array(partOfValue, { maxLength: 4 }).map(
  (segments): Part => ({
    source: (name) => `{${name}=**}`,
    rendered: segments.map(percent).join('/'),
    value: segments.join('/'),
  }),
);
const verb = fc.constantFrom('', '', 'do', 'batchGet', 'sort~all');

interface Example {
  readonly source: string;
  readonly path: string;
  readonly values: readonly string[];
}

const example: fc.Arbitrary<Example> = fc
  .tuple(
    fc.array(fc.oneof(literal, star, single, multi), { minLength: 1, maxLength: 5 }),
    fc.option(rest, { nil: undefined }),
    verb,
  )
  .map(([parts, last, verb]) => {
    const all = last === undefined ? parts : [...parts, last];
    const suffix = verb === '' ? '' : `:${verb}`;
    return {
      source: `/${all.map((part, i) => part.source(`field${i}.name`)).join('/')}${suffix}`,
      path: `/${all.map((part) => part.rendered).join('/')}${suffix}`,
      values: all.flatMap((part) => (part.value === undefined ? [] : [part.value])),
    };
  });

function treeOf(templates: readonly Template[]): RouteTree<Template> {
  const tree = new RouteTree<Template>();
  for (const template of templates) tree.add('GET', template, template);
  return tree;
}

describe('any template, rendered with any values', () => {
  it('is matched back, and each variable has its value', () => {
    fc.assert(
      fc.property(example, ({ source, path, values }) => {
        const template = parseTemplate(source);
        const tree = treeOf([template]);
        const reading = readingsOf(path).find((r) => tree.find('GET', r) !== undefined);
        expect(reading, `${path} for ${source}`).toBeDefined();
        expect(template.variables.map((v) => capture(reading!, v))).toEqual(values);
      }),
      { numRuns: 1000 },
    );
  });

  it('is matched among others, by itself or by one that is at least as specific', () => {
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 20 }), fc.nat(), (examples, n) => {
        const templates = examples.map((e) => parseTemplate(e.source));
        const index = n % examples.length;
        const tree = treeOf(templates);
        const found = readingsOf(examples[index]!.path)
          .map((reading) => tree.find('GET', reading))
          .find((template) => template !== undefined);
        const own = templates[index]!;
        expect(found).toBeDefined();
        expect(compare(found!, own)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it('a path of another length is not, unless it ends in `**`', () => {
    fc.assert(
      fc.property(example, word, ({ source, path }, more) => {
        fc.pre(!source.includes('**') && !source.includes(':'));
        const tree = treeOf([parseTemplate(source)]);
        for (const other of [`${path}/${more}`, `/${more}${path}`, `${path}/`]) {
          expect(readingsOf(other).every((r) => tree.find('GET', r) === undefined)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Positive when the first is more specific: by the first segment in which they differ, or by a verb. */
function compare(some: Template, other: Template): number {
  if ((some.verb === '') !== (other.verb === '')) return some.verb === '' ? -1 : 1;
  const rank = { literal: 2, one: 1, rest: 0 };
  for (let i = 0; i < Math.max(some.segments.length, other.segments.length); i++) {
    const [a, b] = [some.segments[i], other.segments[i]];
    // One of them ends where `**` stands for nothing in the other.
    if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
    if (a.kind !== b.kind) return rank[a.kind] - rank[b.kind];
  }
  return 0;
}
