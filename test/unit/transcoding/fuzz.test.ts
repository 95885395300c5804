import type { JsonValue, Message } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedRequest } from '../../../src/transcoding/index.js';
import { JsonCodec } from '../../../src/transcoding/json/json-codec.js';
import { requestBinder } from '../../../src/transcoding/request/bind-request.js';
import { readHttpRules } from '../../../src/transcoding/rules/http-rules.js';
import { readingsOf } from '../../../src/transcoding/rules/request-path.js';
import { EverythingSchema, NestedSchema } from '../../gen/transcoding/v1/everything_pb.js';
import { LibraryService } from '../../gen/transcoding/v1/library_service_pb.js';

/** Whatever comes in is bound, and can be written out again, or is malformed: there is nothing between them. */

const codec = new JsonCodec([LibraryService]);
const { bindings, tree } = readHttpRules([LibraryService]);
const binders = new Map(bindings.map((b) => [b, requestBinder(b, codec)]));

function survives(method: string, path: string, query: string, body: Uint8Array): void {
  let message: Message;
  try {
    const reading = readingsOf(path).find((r) => tree.find(method, r) !== undefined);
    if (reading === undefined) return;
    message = binders.get(tree.find(method, reading)!)!(reading, query, body, 'text/plain');
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedRequest);
    return;
  }
  if (message.$typeName === EverythingSchema.typeName) codec.encode(EverythingSchema, message);
}

const fields = [...EverythingSchema.fields, ...NestedSchema.fields];
const names = fields.flatMap((f) => [f.name, f.jsonName]);
const spiced = fc.constantFrom<string>(
  ...[
    '',
    '0',
    '-0',
    '1',
    '1e3',
    '1.5',
    'NaN',
    'Infinity',
    '0x10',
    'true',
    'COLOR_RED',
    'a,b',
    '_',
    'A',
    'a.b',
  ],
  ...[
    '2024-02-30T00:00:00Z',
    '2024-12-01T10:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '315576000001s',
    '-1.5s',
    '1s',
  ],
  ...[
    'aGk=',
    '%',
    '%00',
    '%ED%A0%80',
    '18446744073709551616',
    '9007199254740993',
    '\ud800',
    '__proto__',
    '@type',
  ],
);
const text = fc.oneof(spiced, fc.string({ unit: 'binary', maxLength: 12 }));

const json = fc.letrec<{ value: JsonValue; object: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom<JsonValue>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e21,
      1e-7,
      2 ** 53,
      -(2 ** 63),
      2 ** 64,
      {},
      [],
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...names, '@type', 'value'), text), tie('value'), {
    maxKeys: 4,
  }),
}));

describe('any request is bound, or malformed', () => {
  it('by its body', () => {
    fc.assert(
      fc.property(json.object, (object) => {
        survives('POST', '/v1/echo', '', Buffer.from(JSON.stringify(object)));
      }),
      { numRuns: 3000 },
    );
  });

  it('by one field of its body', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), json.value, (name, value) => {
        survives('POST', '/v1/echo', '', Buffer.from(JSON.stringify({ [name]: value })));
      }),
      { numRuns: 5000 },
    );
  });

  it('by its query', () => {
    const name = fc.oneof(
      fc.constantFrom(...names),
      fc
        .tuple(fc.constantFrom('nested', 'recursive', 'choiceNested'), fc.constantFrom(...names))
        .map((p) => p.join('.')),
      text,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text), { maxLength: 3 }), (parameters) => {
        const query = parameters.map(([key, value]) => `${key}=${value}`).join('&');
        survives('GET', '/v1/echo', query, new Uint8Array());
      }),
      { numRuns: 5000 },
    );
  });

  it('by its path', () => {
    const paths = bindings.map((b) => b.template.source.replace(/\{[^}]*\}|\*\*?/g, '\0').split('\0'));
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        fc.infiniteStream(text),
        (parts, method, texts) => {
          const path = parts.reduce((whole, part) => whole + texts.next().value + part);
          survives(method, path, '', Buffer.from('{}'));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
