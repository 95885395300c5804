import fc from 'fast-check';
import { commandNames } from '../../support/doors/commands.js';
import { escaped, type OpenApiDocument } from '../../support/openapi/document.js';
import { Members, type Tree } from './json-tree.js';
import { type Schema, schemaAt } from './schema.js';

/** Values that mean something to the service, by the name of their field or parameter. */
export type Known = Readonly<Record<string, readonly (string | number)[]>>;

/** Values that obey the schema at the pointer; often some that mean something under this `name`. */
export function valuesOf(
  document: OpenApiDocument,
  pointer: string,
  known: Known,
  name = '',
): fc.Arbitrary<Tree> {
  const { schema, at } = schemaAt(document, pointer)!;
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return oftenKnown(document, at, known[name], integers(schema));
    case 'string':
      return oftenKnown(document, at, known[name], strings(document, at));
    case 'array': {
      const items = valuesOf(document, `${at}/items`, known, name);
      const { minItems = 0, maxItems } = schema;
      const few = fc.array(items, { minLength: minItems, maxLength: Math.min(maxItems, minItems + 5) });
      return fc.oneof(fc.tuple(items), few);
    }
    case 'object':
      return schema.properties === undefined ? mapOf(document, at, known) : objectOf(document, at, known);
  }
}

function oftenKnown(
  document: OpenApiDocument,
  pointer: string,
  known: Known[string] = [],
  any: fc.Arbitrary<string> | fc.Arbitrary<number>,
): fc.Arbitrary<Tree> {
  const fitting = known.filter((value) => document.faults(pointer, value, '').length === 0);
  if (fitting.length === 0) return any as fc.Arbitrary<Tree>;
  return fc.oneof<fc.WeightedArbitrary<Tree>[]>(
    { weight: 5, arbitrary: fc.constantFrom(...fitting) },
    { weight: 1, arbitrary: any as fc.Arbitrary<Tree> },
  );
}

function integers({ minimum: min, maximum: max, not }: Schema): fc.Arbitrary<number> {
  return fc
    .oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
    .filter((value) => value !== not?.const);
}

const times = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

function strings(document: OpenApiDocument, pointer: string): fc.Arbitrary<string> {
  const { minLength = 0, maxLength, pattern, format } = schemaAt(document, pointer)!.schema;
  const candidates = [
    ...(format === 'date-time' ? [times] : []),
    fc.string({ minLength, maxLength, unit: 'binary', size: 'small' }),
    // JSON Schema counts characters, not bytes or UTF-16 units.
    fc.constantFrom('a', 'ö', '𝒳').map((character) => character.repeat(maxLength)),
    ...(pattern === undefined ? [] : [fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' })]),
  ];
  const fits = (text: string): boolean => document.faults(pointer, text, '').length === 0;
  return fc.oneof(...candidates.map((some) => oftener(some, fits))).filter(fits);
}

/** Gives no weight to texts of a kind that never fits: the filter would wait for one forever. */
function oftener(
  some: fc.Arbitrary<string>,
  fits: (text: string) => boolean,
): fc.MaybeWeightedArbitrary<string> {
  const share = fc.sample(some, { seed: 1, numRuns: 20 }).filter(fits).length;
  return { weight: share === 0 ? 0 : 1, arbitrary: some };
}

function objectOf(document: OpenApiDocument, pointer: string, known: Known): fc.Arbitrary<Members> {
  const { properties = {}, required = [] } = schemaAt(document, pointer)!.schema;
  const names = Object.keys(properties);
  const choice = choiceOf(names);
  const values = names.map((name) => {
    const given = valuesOf(document, `${pointer}/properties/${escaped(name)}`, known, name);
    if (required.includes(name) || choice.includes(name)) return given;
    // A key is rarely given, since it is often forbidden: with a second key, and in the lines of a batch.
    return name === 'idempotencyKey' ? seldom(given) : fc.option(given, { nil: undefined, freq: 2 });
  });
  const [first = '', ...others] = choice;
  return fc.tuple(fc.constantFrom(first, first, ...others), ...values).map(([one, ...drawn]) => {
    const isLeftOut = (name: string): boolean => choice.includes(name) && name !== one;
    return new Members(
      names.flatMap((name, i) =>
        drawn[i] === undefined || isLeftOut(name) ? [] : [[name, drawn[i]] as const],
      ),
    );
  });
}

/** Exactly one of these is given: the document says so only in words. */
const choices = [
  { of: ['id', 'skuId', 'productId'], withField: 'split' },
  { of: commandNames, withField: 'idempotencyKey' },
];

/** The fields of an object of which exactly one is given; empty: it has none. */
export function choiceOf(names: readonly string[]): readonly string[] {
  const found = choices.find(({ of, withField }) => [...of, withField].every((name) => names.includes(name)));
  return found?.of ?? [];
}

function seldom(given: fc.Arbitrary<Tree>): fc.Arbitrary<Tree | undefined> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: given });
}

function mapOf(document: OpenApiDocument, pointer: string, known: Known): fc.Arbitrary<Members> {
  const keys = strings(document, `${pointer}/propertyNames`);
  const values = valuesOf(document, `${pointer}/additionalProperties`, known);
  return fc
    .uniqueArray(fc.tuple(keys, values), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => new Members(entries));
}

/** One small value that obeys the schema. */
export function sampleOf(document: OpenApiDocument, pointer: string): Tree {
  const { schema, at } = schemaAt(document, pointer)!;
  const known = schema.enum?.[0] ?? schema.examples?.[0];
  if (known !== undefined) return known;
  switch (schema.type) {
    case 'boolean':
      return true;
    case 'integer':
      return Math.max(1, schema.minimum);
    case 'string':
      return 'a';
    case 'array':
      return Array<Tree>(schema.minItems ?? 0).fill(sampleOf(document, `${at}/items`));
    case 'object':
      return new Members(
        [...choiceOf(Object.keys(schema.properties ?? {})).slice(0, 1), ...(schema.required ?? [])].map(
          (name) => [name, sampleOf(document, `${at}/properties/${escaped(name)}`)],
        ),
      );
  }
}
