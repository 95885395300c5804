import { STATUS_CODES } from 'node:http';
import type { Facts } from './facts.js';
import type { Json, Schema } from './json.js';
import type { Reason } from './reasons.js';

/** What an operation can fail with. */
export interface Failures {
  readonly rpc: string;
  /** Reasons beyond those of every call. */
  readonly reasons: readonly string[];
  readonly changes: boolean;
  readonly hasBody: boolean;
}

/** Responses, schemas and examples of everything that fails. */
export class Errors {
  readonly schemas: Record<string, Schema>;
  readonly responses: Record<string, Schema> = {};
  readonly examples: Record<string, Schema> = {};
  readonly #facts: Facts;
  readonly #reasons: ReadonlyMap<string, Reason>;

  constructor(facts: Facts, reasons: ReadonlyMap<string, Reason>) {
    this.#facts = facts;
    this.#reasons = reasons;
    const { bodies } = facts.errors;
    this.schemas = {
      Error: errorSchema([...reasons.values()].filter(({ name }) => bodies[name] === undefined)),
      ...Object.fromEntries(Object.entries(bodies).map(([name, body]) => [pascal(name), exactly(body)])),
    };
  }

  /** Status → response. Those that every call can have are components. */
  responsesOf(failures: Failures): Schema {
    const { every, changing, statuses } = this.#facts.errors;
    const names = [...new Set([...failures.reasons, ...every, ...(failures.changes ? changing : [])])];
    const byStatus = new Map<number, Reason[]>();
    for (const name of names) {
      const reason = this.#reasons.get(name);
      if (reason === undefined) throw new Error(`there is no reason ${name}`);
      byStatus.set(reason.status, [...(byStatus.get(reason.status) ?? []), reason]);
    }
    const responses = new Map<number, Schema>();
    for (const [status, reasons] of byStatus) {
      const common = reasons.every(({ name }) => every.includes(name) || changing.includes(name));
      const suffix = reasons.some(({ name }) => changing.includes(name)) ? 'OnChange' : '';
      const build = (): Schema => this.#response(failures, reasons);
      responses.set(status, common ? this.#shared(status, suffix, build) : build());
    }
    for (const [status, message] of Object.entries({
      ...statuses.every,
      ...(failures.hasBody ? statuses.body : {}),
    })) {
      responses.set(
        Number(status),
        this.#shared(Number(status), '', () => this.#malformed(status, message)),
      );
    }
    return Object.fromEntries(
      [...responses].sort(([a], [b]) => a - b).map(([status, r]) => [String(status), r]),
    );
  }

  #shared(status: number, suffix: string, build: () => Schema): Schema {
    const name = `${(STATUS_CODES[status] ?? String(status)).replaceAll(/[^A-Za-z]/g, '')}${suffix}`;
    this.responses[name] ??= build();
    return { $ref: `#/components/responses/${name}` };
  }

  #response({ rpc, reasons: own, changes }: Failures, reasons: readonly Reason[]): Schema {
    const { headers, errors } = this.#facts;
    const examples: Schema = {};
    const plain: string[] = [];
    const variants: Schema[] = [];
    for (const { name } of reasons) {
      const { key, schema } = this.#described(rpc, name);
      examples[name] = { $ref: `#/components/examples/${key}` };
      if (schema === undefined) plain.push(name);
      else variants.push(schema);
    }
    if (plain.length > 0) variants.unshift(withCodes(plain));
    const stored = changes && reasons.some(({ name }) => own.includes(name) || errors.stored.includes(name));
    const retry = reasons.filter(({ retryAfter }) => retryAfter);
    return {
      description: reasons.map(({ name, meaning }) => `- \`${name}\`: ${meaning}`).join('\n'),
      headers: {
        ...headerRefs([...Object.keys(headers.every), ...(stored ? Object.keys(headers.replayed) : [])]),
        ...(retry.length === reasons.length ? headerRefs(Object.keys(headers.retryAfter)) : {}),
        ...(retry.length > 0 && retry.length < reasons.length ? notRequired(headers.retryAfter) : {}),
      },
      content: json(variants.length === 1 ? (variants[0] as Schema) : { oneOf: variants }, examples),
    };
  }

  /** The example of a reason, and its schema where that is not the usual one. */
  #described(rpc: string, name: string): { key: string; schema: Schema | undefined } {
    const { bodies, extras, requestId } = this.#facts.errors;
    const { meaning, example: message } = this.#reasons.get(name) as Reason;
    const summary = meaning.replace(/\.$/, '');
    const exact = bodies[name];
    if (exact !== undefined) {
      this.examples[name] = { summary, value: exact };
      return { key: name, schema: { $ref: `#/components/schemas/${pascal(name)}` } };
    }
    const special = extras[`${rpc}/${name}`];
    const extra = Object.entries(special ?? extras[name] ?? {});
    const key = special === undefined ? name : `${rpc}_${name}`;
    const more = Object.fromEntries(extra.map(([property, { example }]) => [property, example]));
    this.examples[key] = { summary, value: { status: false, message, code: name, requestId, ...more } };
    if (extra.length === 0) return { key, schema: undefined };
    const properties = Object.fromEntries(extra.map(([property, { schema }]) => [property, schema]));
    return { key, schema: withCodes([name], properties) };
  }

  #malformed(status: string, message: string): Schema {
    const value = {
      status: false,
      message,
      code: 'MALFORMED_REQUEST',
      requestId: this.#facts.errors.requestId,
    };
    const { every, statuses = {} } = this.#facts.headers;
    return {
      description: `- \`MALFORMED_REQUEST\`: ${STATUS_CODES[status]}.`,
      headers: headerRefs([...Object.keys(every), ...Object.keys(statuses[status] ?? {})]),
      content: json(withCodes(['MALFORMED_REQUEST']), { MALFORMED_REQUEST: { summary: message, value } }),
    };
  }
}

export function headerRefs(names: readonly string[]): Schema {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** Headers that only some of a status's reasons bring. */
function notRequired(headers: Readonly<Record<string, Json>>): Schema {
  const entries = Object.entries(headers).map(([name, header]) => [
    name,
    { ...(header as Schema), required: false },
  ]);
  return Object.fromEntries(entries) as Schema;
}

function json(schema: Schema, examples: Schema): Schema {
  return { 'application/json': { schema, examples } };
}

function errorSchema(reasons: readonly Reason[]): Schema {
  const meanings = reasons.map(({ name, meaning }) => `- \`${name}\`: ${meaning}`).join('\n');
  return {
    type: 'object',
    description: 'What a failed call answers.',
    properties: {
      status: { type: 'boolean', const: false, description: 'Whether the call succeeded: never, here.' },
      message: { type: 'string', description: 'What went wrong, for people.' },
      code: {
        type: 'string',
        enum: reasons.map(({ name }) => name),
        description: `Why, for programs.\n\n${meanings}`,
      },
      requestId: { type: 'string', description: 'Finds the call in the log; the same as `X-Request-Id`.' },
    },
    required: ['status', 'message', 'code', 'requestId'],
  };
}

/** The usual body with one of these codes, and nothing beyond the given properties. */
function withCodes(codes: readonly string[], extra: Schema = {}): Schema {
  const required = Object.keys(extra);
  return {
    type: 'object',
    allOf: [{ $ref: '#/components/schemas/Error' }],
    properties: { code: { type: 'string', enum: codes }, ...extra },
    ...(required.length > 0 ? { required } : {}),
    unevaluatedProperties: false,
  };
}

function exactly(body: Readonly<Record<string, Json>>): Schema {
  const properties = Object.entries(body).map(([name, value]) => {
    const type =
      typeof value === 'number'
        ? { type: 'integer', format: 'int32', minimum: value, maximum: value }
        : { type: typeof value };
    return [name, { ...type, const: value }];
  });
  return {
    type: 'object',
    description: 'Exactly this body.',
    properties: Object.fromEntries(properties),
    required: Object.keys(body),
    additionalProperties: false,
  };
}

function pascal(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
