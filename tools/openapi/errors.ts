import { STATUS_CODES } from 'node:http';
import { withoutCode } from './comments.js';
import { errorSchema, exactly, withCodes } from './error-schemas.js';
import type { Facts, Place } from './facts.js';
import type { Json, Schema } from './json.js';
import type { Reason } from './reasons.js';
import type { Violations } from './violations.js';

/** What an operation can fail with. */
export interface Failures {
  readonly rpc: string;
  /** Reasons beyond those of every call. */
  readonly reasons: readonly string[];
  readonly changes: boolean;
  readonly streams: boolean;
  /** Where most of what callers send is; undefined when they send nothing. */
  readonly place: Place | undefined;
  /** The permission that the caller needs; undefined where the comment names none. */
  readonly permission: string | undefined;
  /** A way to break the request's rules. */
  readonly violations: Violations | undefined;
}

/** A reason as one operation answers it. */
interface Told {
  readonly reason: Reason;
  readonly example: Schema;
  /** The body: a reference to its schema, or what it has beyond the usual one. */
  readonly body: Schema | Extra;
  /** Tells apart the answers of different calls with the same reason; becomes part of the response's name. */
  readonly variant: string;
}

/** What a body has beyond the usual one; those without an example can be left out. */
interface Extra {
  readonly properties: Schema;
  readonly required: readonly string[];
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
    const { bodies, help } = facts.errors;
    this.schemas = {
      Error: errorSchema(
        [...reasons.values()].filter(({ name }) => bodies[name] === undefined),
        help !== undefined,
      ),
      ...Object.fromEntries(Object.entries(bodies).map(([name, body]) => [pascal(name), exactly(body)])),
    };
  }

  /** Status → response. Those that do not depend on what the call does are components. */
  responsesOf(failures: Failures): Schema {
    const { every, exceptions, changing, sending, statuses } = this.#facts.errors;
    const { changes, streams, place } = failures;
    const sends = changes || place !== undefined;
    const excepted = exceptions?.[failures.rpc] ?? [];
    const ofAll = every.filter((name) => !excepted.includes(name));
    const common = [...ofAll, ...(sends ? sending : []), ...(changes ? changing : [])];
    const byStatus = new Map<number, Reason[]>();
    const own = failures.reasons.filter((name) => !common.includes(name));
    for (const name of [...own, ...common]) {
      const reason = this.#reason(name);
      if (!reason.endsStreams) byStatus.set(reason.status, [...(byStatus.get(reason.status) ?? []), reason]);
    }
    const responses = new Map<number, Schema>();
    for (const [status, reasons] of byStatus) {
      const told = reasons.map((reason) => this.#told(failures, reason));
      const response = this.#response(failures, told);
      const variants = told.map(({ variant }) => variant).join('');
      const suffix = `${variants}${reasons.some(({ name }) => changing.includes(name)) ? 'OnChange' : ''}`;
      const isCommon = reasons.every(({ name }) => common.includes(name));
      responses.set(status, isCommon ? this.#shared(status, suffix, response) : response);
    }
    const ofStream = streams ? statuses.streaming : {};
    const ofRpc = statuses.rpcs?.[failures.rpc] ?? {};
    for (const [status, message] of Object.entries({
      ...statuses.every,
      ...(place === 'body' ? statuses.body : {}),
      ...ofStream,
      ...ofRpc,
    })) {
      const suffix =
        ofRpc[status] !== undefined ? 'OfBatch' : ofStream[status] === undefined ? '' : 'OfStream';
      const response = this.#ofHttp(status, message);
      responses.set(Number(status), this.#shared(Number(status), suffix, response));
    }
    return Object.fromEntries(
      [...responses].sort(([a], [b]) => a - b).map(([status, r]) => [String(status), r]),
    );
  }

  /** Examples of what ends a stream that has begun. */
  endingsOf(failures: Failures): Schema {
    const endings = failures.reasons.map((name) => this.#reason(name)).filter((reason) => reason.endsStreams);
    return Object.fromEntries(endings.map((reason) => [reason.name, this.#told(failures, reason).example]));
  }

  #reason(name: string): Reason {
    const reason = this.#reasons.get(name);
    if (reason === undefined) throw new Error(`there is no reason ${name}`);
    return reason;
  }

  /** A reference to a component of this content. It gets a number where other content has taken its name. */
  #shared(status: number, suffix: string, response: Schema): Schema {
    // A variant is named by its field, which may be an item of a list.
    const base = `${STATUS_CODES[status] ?? status}${suffix}`.replaceAll(/[^A-Za-z0-9]/g, '');
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}${n}`;
      this.responses[name] ??= response;
      if (JSON.stringify(this.responses[name]) === JSON.stringify(response)) {
        return { $ref: `#/components/responses/${name}` };
      }
    }
  }

  #response({ reasons: own, changes }: Failures, told: readonly Told[]): Schema {
    const { headers, errors } = this.#facts;
    const variants = schemasOf(told);
    const stored =
      changes && told.some(({ reason: { name } }) => own.includes(name) || errors.stored.includes(name));
    const retry = told.filter(({ reason }) => reason.retryAfter);
    const ofStatus = new Set(
      told.flatMap(({ reason }) => Object.keys(headers.statuses?.[reason.status] ?? {})),
    );
    return {
      description: told.map(({ reason: { name, meaning } }) => `- \`${name}\`: ${meaning}`).join('\n'),
      headers: {
        ...headerRefs([...Object.keys(headers.every), ...(stored ? Object.keys(headers.replayed) : [])]),
        ...headerRefs([...ofStatus]),
        ...(retry.length === told.length ? headerRefs(Object.keys(headers.retryAfter)) : {}),
        ...(retry.length > 0 && retry.length < told.length ? notRequired(headers.retryAfter) : {}),
      },
      content: json(
        variants.length === 1 ? (variants[0] as Schema) : { oneOf: variants },
        Object.fromEntries(told.map(({ reason, example }) => [reason.name, example])),
      ),
    };
  }

  #told(failures: Failures, reason: Reason): Told {
    const { bodies, extras, violations: violated } = this.#facts.errors;
    const { name, meaning } = reason;
    const summary = withoutCode(meaning.replace(/\.$/, ''));
    const exact = bodies[name];
    if (exact !== undefined) {
      const schema = { $ref: `#/components/schemas/${pascal(name)}` };
      return { reason, body: schema, variant: '', example: this.#example(name, { summary, value: exact }) };
    }
    const { message, variant } = this.#messageOf(failures, reason);
    const extra = Object.entries(extras[`${failures.rpc}/${name}`] ?? extras[name] ?? {});
    const own = violated[name] === undefined ? undefined : failures.violations;
    const more = extra.flatMap(([key, { example }]) => {
      if (example === undefined) return [];
      return [[key, key === violated[name] ? (own ?? example) : this.#permitted(failures, example)] as const];
    });
    const value = { ...this.#usual(message, name), ...Object.fromEntries(more) };
    return {
      reason,
      example: this.#example(name, { summary, value }),
      body: {
        properties: Object.fromEntries(extra.map(([property, { schema }]) => [property, schema])),
        required: more.map(([key]) => key),
      },
      variant: `${variant}${capitalised(Object.keys(own ?? {})[0] ?? '')}`,
    };
  }

  /** What every usual body has. */
  #usual(message: string, code: string): Schema {
    const { requestId, help } = this.#facts.errors;
    const link = help === undefined ? {} : { help: help.replace('{reason}', code.toLowerCase()) };
    return { status: false, message, code, requestId, ...link };
  }

  #permitted({ permission }: Failures, example: Json): Json {
    const isPermission = this.#facts.security.permissions.some((name) => name === example);
    return isPermission && permission !== undefined ? permission : example;
  }

  /** The first example of a reason becomes a component; others are written where they are used. */
  #example(name: string, example: Schema): Schema {
    this.examples[name] ??= example;
    const isKnown = JSON.stringify(this.examples[name]) === JSON.stringify(example);
    return isKnown ? { $ref: `#/components/examples/${name}` } : example;
  }

  #messageOf({ rpc, place, permission }: Failures, { name, example }: Reason) {
    const { errors, security } = this.#facts;
    const own = errors.messages[`${rpc}/${name}`];
    if (own !== undefined) return { message: own, variant: '' };
    const ofPlace = place && errors.places[name]?.[place];
    if (place && ofPlace) return { message: ofPlace, variant: `In${capitalised(place)}` };
    const named = security.permissions.find((other) => example.includes(other));
    if (named === undefined || permission === undefined) return { message: example, variant: '' };
    return { message: example.replace(named, permission), variant: pascal(permission) };
  }

  #ofHttp(status: string, message: string): Schema {
    const { reason } = this.#facts.errors.statuses;
    const value = this.#usual(message, reason);
    const { every, statuses = {} } = this.#facts.headers;
    return {
      description: `- \`${reason}\`: ${STATUS_CODES[status]}.`,
      headers: headerRefs([...Object.keys(every), ...Object.keys(statuses[status] ?? {})]),
      content: json(withCodes([reason]), { [reason]: { summary: message, value } }),
    };
  }
}

/** One for each form of body, with the reasons that have it. */
function schemasOf(told: readonly Told[]): Schema[] {
  const forms = new Map<string, { codes: string[]; body: Schema | Extra }>();
  for (const { reason, body } of told) {
    const key = JSON.stringify(body);
    const form = forms.get(key) ?? { codes: [], body };
    form.codes.push(reason.name);
    forms.set(key, form);
  }
  return [...forms.values()].map(({ codes, body }) =>
    isExtra(body) ? withCodes(codes, body.properties, body.required) : body,
  );
}

function isExtra(body: Schema | Extra): body is Extra {
  return 'properties' in body;
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

function pascal(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function capitalised(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
