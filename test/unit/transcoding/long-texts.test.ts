import { describe, expect, it } from 'vitest';
import { acceptsGzip, weightOfType } from '../../../src/transcoding/http/accept.js';
import { JsonCodec } from '../../../src/transcoding/json/json-codec.js';
import { parseJson } from '../../../src/transcoding/json/json-text.js';
import { isJson } from '../../../src/transcoding/request/media-type.js';
import { EverythingSchema } from '../../gen/transcoding/v1/everything_pb.js';
import { LibraryService } from '../../gen/transcoding/v1/library_service_pb.js';

/**
 * Code that starts over at each character would take minutes for these texts, so the tests would time out. Code that
 * reads them once takes milliseconds.
 */
const length = 250_000;
const many = (text: string): string => text.repeat(length / text.length);

const codec = new JsonCodec([LibraryService]);
const read = (json: string): string => {
  try {
    return codec.decode(EverythingSchema, parseJson(Buffer.from(json))).$typeName;
  } catch (error) {
    return (error as Error).message.replace(/:.*/, '');
  }
};

describe('what an attacker makes long is read once', () => {
  it.each<[string, () => unknown, unknown]>([
    ['zeros within an integer', () => read(`{"int64Field":"1${many('0')}1"}`), 'int64Field'],
    ['zeros within a fraction', () => read(`{"int32Field":1.${many('0')}1}`), 'int32Field'],
    [
      'zeros behind an integer',
      () => read(`{"int64Field":1${many('0')}e-${length}}`),
      EverythingSchema.typeName,
    ],
    ['digits', () => read(`{"stringField":"${many(`${'1'.repeat(249)}x`)}"}`), EverythingSchema.typeName],
    ['spaces', () => read(`{"int32Field":1e0${many(' ')}}`), EverythingSchema.typeName],
    ['base64', () => read(`{"bytesField":"${many('A')}!"}`), 'bytesField'],
    ['a field mask', () => read(`{"fieldMask":"${many('a.')}"}`), 'fieldMask'],
    [
      'a list with its last element wrong',
      () => read(`{"int32List":[${many('1,')}"x"]}`),
      `int32List[${length / 2}]`,
    ],
    ['quotes in Accept', () => weightOfType(`"${many('\\"')}`, 'application/json').quality, 1],
    ['quotes in Accept-Encoding', () => acceptsGzip({ 'accept-encoding': `"${many('\\"')}, gzip` }), false],
    ['backslashes in Accept', () => weightOfType(`"${many('\\')}`, 'application/json').quality, 1],
    ['weights in Accept', () => weightOfType(`a/b${many(';q=1x')}`, 'application/json').quality, 0],
    ['parameters of Content-Type', () => isJson(`application/json${many(';charset ')}`), true],
    ['a Content-Type', () => isJson(`a/${many('a+')}`), false],
  ])('%s', (_, look, expected) => {
    expect(look()).toEqual(expected);
  });
});
