import type { DescEnum, DescField, DescFile, DescMessage } from '@bufbuild/protobuf';
import { commentText, forRest, inJsonSpelling } from './comments.js';
import type { Facts } from './facts.js';
import { compact, type Json, type Schema } from './json.js';
import { acceptsZeroOf, isOptional, isRequired, notZero, zeroOf } from './presence.js';
import { boundsOf, messageRulesOf, type Rules, rulesOf } from './rules.js';
import { scalarSchema } from './scalars.js';
import { wellKnownSchema } from './well-known.js';

/** Requests are read leniently; answers are written in one way only. */
export type Direction = 'input' | 'output';

/** Leading comment of a descriptor. */
export type CommentOf = (
  desc: DescMessage | DescField | DescEnum | DescEnum['values'][number],
) => string | undefined;

export interface SchemasOptions {
  readonly files: readonly DescFile[];
  /** The outermost messages of answers. They and those in them get a second schema for input, if they are also sent. */
  readonly outputs: readonly DescMessage[];
  readonly commentOf: CommentOf;
  readonly examples: Facts['examples'];
}

/** Schemas of messages and enums, each kept once under its own name. */
export class Schemas {
  /** By name, in order of their first use. */
  readonly components: Record<string, Schema> = {};
  readonly #options: SchemasOptions;
  readonly #owners = new Map<string, string>();
  readonly #answered = new Set<DescMessage>();
  readonly #jsonNames: ReadonlyMap<string, string>;

  constructor(options: SchemasOptions) {
    this.#options = options;
    const fields = options.files.flatMap((file) => file.messages).flatMap(fieldsWithin);
    this.#jsonNames = new Map(fields.map((field) => [field.name, field.jsonName]));
    for (const message of options.outputs) this.#collect(message);
  }

  /** A comment as text of the document, its first sentence included. */
  text(comment: string | undefined): string {
    return inJsonSpelling(forRest(commentText(comment)), this.#jsonNames);
  }

  commentOf(desc: Parameters<CommentOf>[0]): string | undefined {
    return this.#options.commentOf(desc);
  }

  /** A reference to the message's schema. */
  message(message: DescMessage, direction: Direction): Schema {
    const suffix = direction === 'input' && this.#answered.has(message) ? 'Input' : '';
    return this.component(`${componentName(message)}${suffix}`, `${message.typeName} ${direction}`, () =>
      this.object(message, direction, []),
    );
  }

  /** The message's schema in place, without the fields at some paths, which are given elsewhere. */
  object(message: DescMessage, direction: Direction, without: readonly (readonly DescField[])[]): Schema {
    const properties: Schema = {};
    const required: string[] = [];
    for (const field of message.fields) {
      const below = without.filter(([first]) => first === field).map(([, ...rest]) => rest);
      if (below.some((path) => path.length === 0)) continue;
      const inner =
        below.length === 0 ? undefined : this.object(field.message as DescMessage, direction, below);
      const schema = inner ?? this.field(field, direction);
      properties[field.jsonName] = schema;
      const present =
        direction === 'input' ? isRequired(field, rulesOf(field), schema) : this.#isAnswered(field);
      if (present) required.push(field.jsonName);
    }
    const rules = messageRulesOf(message).map((text) => `\n\nRule: ${text}`);
    return compact({
      type: 'object',
      description: `${this.text(this.commentOf(message))}${rules.join('')}`.trim() || undefined,
      properties,
      required: required.length > 0 ? required : undefined,
      additionalProperties: direction === 'output' ? false : undefined,
      deprecated: message.deprecated || undefined,
    });
  }

  /** A field's schema with its description and example. */
  field(field: DescField, direction: Direction): Schema {
    const rules = rulesOf(field);
    const base = this.#bare(field, rules, direction);
    const cel = (rules.cel ?? []).map(({ message }) => (message === undefined ? '' : `\n\nRule: ${message}`));
    const description = `${this.text(this.commentOf(field))}${cel.join('')}`.trim();
    const demanded =
      rules.required === true && !isOptional(field) && direction === 'input' ? notZero(field) : {};
    const nullable = direction === 'output' && isNullable(field);
    const told = direction === 'output' && base.type === 'integer' ? boundsIn(description) : {};
    const schema = { ...(nullable ? orNull(base) : base), ...told, ...demanded };
    const examples = this.#examples(field, schema);
    return compact({
      ...schema,
      description: description === '' ? undefined : description,
      deprecated: field.deprecated || undefined,
      examples,
    });
  }

  #bare(field: DescField, rules: Rules, direction: Direction): Schema {
    switch (field.fieldKind) {
      case 'scalar':
        return orIgnored(field, rules, scalarSchema(field.scalar, rules));
      case 'enum':
        return this.#enum(field.enum, rules);
      case 'message':
        return wellKnownSchema(field.message, rules) ?? this.message(field.message, direction);
      case 'list': {
        const { minItems, maxItems, unique, items = {} } = rules.repeated ?? {};
        return compact({
          type: 'array',
          items: this.#element(field, items, direction),
          minItems: minItems === undefined ? undefined : Number(minItems),
          maxItems: maxItems === undefined ? undefined : Number(maxItems),
          uniqueItems: unique,
        });
      }
      case 'map': {
        const { minPairs, maxPairs, keys, values = {} } = rules.map ?? {};
        const { type: _, ...names } = keys === undefined ? { type: '' } : scalarSchema(field.mapKey, keys);
        // No JavaScript object can hold an entry of this name.
        const taken = direction === 'input' && keys ? { ...names, not: { const: '__proto__' } } : names;
        return compact({
          type: 'object',
          propertyNames: Object.keys(taken).length === 0 ? undefined : taken,
          additionalProperties: this.#element(field, values, direction),
          minProperties: minPairs === undefined ? undefined : Number(minPairs),
          maxProperties: maxPairs === undefined ? undefined : Number(maxPairs),
        });
      }
    }
  }

  #element(field: DescField & { fieldKind: 'list' | 'map' }, rules: Rules, direction: Direction): Schema {
    if (field.message !== undefined) {
      return wellKnownSchema(field.message, rules) ?? this.message(field.message, direction);
    }
    return field.enum !== undefined ? this.#enum(field.enum, rules) : scalarSchema(field.scalar, rules);
  }

  /** An enum by the names of its values. `…_UNSPECIFIED`, which stands for no value, is left out. */
  #enum(desc: DescEnum, rules: Rules): Schema {
    if (desc.typeName === 'google.protobuf.NullValue') return { type: 'null' };
    const bounds = boundsOf(rules, 'enum');
    const { in: only, notIn: refused } = bounds as { in?: readonly number[]; notIn?: readonly number[] };
    const allowed = desc.values
      .filter(({ number, name }) => number !== 0 || (!name.endsWith('UNSPECIFIED') && acceptsZeroOf(bounds)))
      .filter(({ number }) => only?.includes(number) !== false && refused?.includes(number) !== true);
    if (only !== undefined || refused?.some((n) => n !== 0)) {
      return { type: 'string', enum: allowed.map(({ name }) => name) };
    }
    return this.component(componentName(desc), desc.typeName, () => {
      const lines = allowed.map((value) => `- \`${value.name}\`: ${this.text(this.commentOf(value))}`);
      return {
        type: 'string',
        description: [this.text(this.commentOf(desc)), lines.join('\n')].join('\n\n').trim(),
        enum: allowed.map(({ name }) => name),
      };
    });
  }

  /** A reference to a schema that is built on its first use; two owners cannot share a name. */
  component(name: string, owner: string, build: () => Schema): Schema {
    const known = this.#owners.get(name);
    if (known !== undefined && known !== owner)
      throw new Error(`${known} and ${owner} would both be named ${name}`);
    if (known === undefined) {
      this.#owners.set(name, owner);
      // The name is taken before the schema is built, so that a message can hold itself.
      this.components[name] = {};
      this.components[name] = build();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** Answers leave out what is not set and cannot be null; a message or list may be missing where its comment says so. */
  #isAnswered(field: DescField): boolean {
    if (isNullable(field)) return true;
    if (isOptional(field)) return false;
    if (field.fieldKind !== 'message' && field.fieldKind !== 'list') return true;
    return !/\b[Aa]bsent\b|\bOnly in\b/.test(this.commentOf(field) ?? '');
  }

  #examples(field: DescField, schema: Schema): Json[] | undefined {
    const { examples } = this.#options;
    const example = examples[`${field.parent.name}.${field.jsonName}`] ?? examples[field.jsonName];
    const types = [schema.type].flat();
    const fits = example !== undefined && types.includes(jsonType(example));
    return fits ? [example] : undefined;
  }

  #collect(message: DescMessage): void {
    if (this.#answered.has(message)) return;
    this.#answered.add(message);
    for (const { message: inner } of message.fields) if (inner !== undefined) this.#collect(inner);
  }
}

/** Nested types have their parents' names before their own. */
function componentName(desc: DescMessage | DescEnum): string {
  return desc.typeName.slice(desc.file.proto.package.length).replaceAll('.', '');
}

function fieldsWithin(message: DescMessage): DescField[] {
  return [...message.fields, ...message.nestedMessages.flatMap(fieldsWithin)];
}

/** Rules that a field ignores, always or for its zero value. */
function orIgnored(field: DescField & { fieldKind: 'scalar' }, { ignore }: Rules, schema: Schema): Schema {
  if (ignore === 'IGNORE_ALWAYS') return scalarSchema(field.scalar, {});
  if (ignore !== 'IGNORE_IF_ZERO_VALUE' || isOptional(field)) return schema;
  const { type = '', format, ...ruled } = schema;
  return compact({ type, format, anyOf: [{ const: zeroOf(field.scalar) }, ruled] });
}

/** Answers carry no rules, but their comments name inclusive bounds: `0 to 2147483647`, `0 to onHandQty`. */
function boundsIn(description: string): Schema {
  const [, min, max] = /(?:^|\s)(-?\d+) to (?:(-?\d+)\b|`?[a-z])/.exec(description) ?? [];
  return compact({
    minimum: min === undefined ? undefined : Number(min),
    maximum: max === undefined ? undefined : Number(max),
  });
}

/** Answers write scalars that are not set as null. */
function isNullable(field: DescField): boolean {
  return field.fieldKind === 'scalar' && field.oneof === undefined && isOptional(field);
}

function orNull(schema: Schema): Schema {
  const { type, enum: values, ...others } = schema;
  return {
    type: [type as string, 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
    ...others,
  };
}

function jsonType(value: Json): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value)
    ? 'integer'
    : value === null
      ? 'null'
      : typeof value;
}
