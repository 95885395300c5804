import { expect, test } from 'vitest';
import { decodeHuffman } from '../../../../../src/transport/grpc/gate/huffman.js';

function decode(hex: string, room = 100): string | undefined {
  const bytes = Buffer.from(hex, 'hex');
  const target = Buffer.alloc(room);
  const length = decodeHuffman(bytes, 0, bytes.length, target);
  return length === undefined ? undefined : target.toString('latin1', 0, length);
}

test.each([
  ['6402', '302'],
  ['aec3771a4b', 'private'],
  ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
  [
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
  ['', ''],
])('an example of RFC 7541: %s', (hex, text) => {
  expect(decode(hex)).toBe(text);
});

test('the longest codes are those of control bytes', () => {
  // 28 ones but the last two: 0xfffffe2 is the code of byte 2.
  expect(decode('fffffe2f')).toBe('\x02');
  expect(decode('fffffffc')).toBeUndefined();
});

test.each(['64', '6402ff', 'aec3771a4b00'])('a text must end with a few ones: %s', (hex) => {
  expect(decode(hex)).toBeUndefined();
});

test('a text that does not fit is not one', () => {
  expect(decode('6402', 3)).toBe('302');
  expect(decode('6402', 2)).toBeUndefined();
});
