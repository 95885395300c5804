import type { Json, Schema } from './json.js';
import type { Reason } from './reasons.js';

/** Absent where the service shows no documentation. */
const HELP: Schema = {
  type: 'string',
  format: 'uri-reference',
  description: 'A link to what the reason means, and what to do.',
};

/** The usual body of what fails, for any of the reasons. */
export function errorSchema(reasons: readonly Reason[], linked: boolean): Schema {
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
      ...(linked ? { help: HELP } : {}),
    },
    required: ['status', 'message', 'code', 'requestId'],
  };
}

/** The usual body with one of these codes, and nothing beyond the given properties, of which some must be there. */
export function withCodes(
  codes: readonly string[],
  extra: Schema = {},
  required: readonly string[] = [],
): Schema {
  return {
    type: 'object',
    allOf: [{ $ref: '#/components/schemas/Error' }],
    properties: { code: { type: 'string', enum: codes }, ...extra },
    ...(required.length > 0 ? { required: [...required] } : {}),
    unevaluatedProperties: false,
  };
}

/** One body to the letter. */
export function exactly(body: Readonly<Record<string, Json>>): Schema {
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
