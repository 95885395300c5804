import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../../src/transcoding/fields/exact-number.js';
import { MalformedRequest } from '../../../src/transcoding/index.js';
import { parseJson } from '../../../src/transcoding/json/json-text.js';
import { decodePlain } from '../../../src/transcoding/json/plain-json.js';
import { capture, readingsOf } from '../../../src/transcoding/rules/request-path.js';
import { RouteTree } from '../../../src/transcoding/rules/route-tree.js';
import { parseTemplate } from '../../../src/transcoding/rules/template-parser.js';
import { EverythingSchema } from '../../gen/transcoding/v1/everything_pb.js';

/** Text as a client may send it: not empty, and valid Unicode. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

/** Numbers that are kept as written, as the doubles that they are in JavaScript. */
function rounded(json: unknown): unknown {
  if (json instanceof ExactNumber) return Number(json.text);
  if (Array.isArray(json)) return json.map(rounded);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, rounded(value)]));
}

describe('what a client renders, the transcoder reads back', () => {
  it('single-segment variables: any text', () => {
    const template = parseTemplate('/v1/{a}/sub/{b}:do');
    const tree = new RouteTree<typeof template>();
    tree.add('GET', template, template);
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [path] = readingsOf(`/v1/${encodeURIComponent(a)}/sub/${encodeURIComponent(b)}:do`);
        expect(tree.find('GET', path!)).toBe(template);
        expect(template.variables.map((v) => capture(path!, v))).toEqual([a, b]);
      }),
    );
  });

  it('multi-segment variables: any text but %2F, slashes as they are', () => {
    const template = parseTemplate('/v1/{name=shelves/**}');
    const segments = fc.array(
      text.filter((t) => !/\/|%2f/i.test(t)),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(segments, (parts) => {
        const readings = readingsOf(`/v1/shelves/${parts.map(encodeURIComponent).join('/')}`);
        expect(capture(readings.at(-1)!, template.variables[0]!)).toBe(`shelves/${parts.join('/')}`);
      }),
    );
  });

  it('JSON: the value itself, or a fault, and nothing else', () => {
    const value = fc
      .jsonValue({ maxDepth: 6, stringUnit: 'binary' })
      .filter((v) => !JSON.stringify(v).includes('__proto__'));
    fc.assert(
      fc.property(value, (value) => {
        expect(rounded(parseJson(Buffer.from(JSON.stringify(value))))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parseJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRequest);
        }
      }),
    );
  });

  it('the quick reader reads as the library does, or not at all', () => {
    const keys = EverythingSchema.fields.flatMap((f) => [f.name, f.jsonName]);
    const member = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constantFrom(0, 1, -1, 2147483647, -2147483648, 2147483648, 1.5, null, '5', [], {}),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), member, { maxKeys: 3 }),
        (json) => {
          const plain = decodePlain(EverythingSchema, json as JsonValue);
          if (plain === undefined) return;
          const read = fromJson(EverythingSchema, json as JsonValue, { ignoreUnknownFields: true });
          expect(plain).toEqual(read);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
