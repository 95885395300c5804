import { expect, test } from 'vitest';
import { Header } from '../../../../../src/transport/grpc/gate/header-table.js';
import { plainHeaders } from '../../../../../src/transport/grpc/gate/plain-headers.js';

type Pair = readonly [string, string];

const usual: readonly Pair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/inventory.v1.InventoryService/Reserve'],
  [':authority', 'localhost:9090'],
  ['te', 'trailers'],
  ['content-type', 'application/grpc'],
  ['authorization', 'Bearer a.b.c'],
];

/** The usual headers with others in their place, and more. */
function headers(others: readonly Pair[], more: readonly Pair[] = []): Header[] {
  const changed = usual.map((pair) => others.find(([name]) => name === pair[0]) ?? pair);
  return [...changed, ...more].map(([name, value]) => new Header(name, value));
}

test('a usual call is plain, and its headers count as HTTP/2 counts them', () => {
  const fields = headers(
    [],
    [
      ['x-any', 'a b'],
      ['grpc-timeout', '20S'],
    ],
  );
  expect(plainHeaders(fields)).toEqual({
    headers: { ...Object.fromEntries(usual), 'x-any': 'a b', 'grpc-timeout': '20S' },
    bytes: fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0),
  });
});

test.each<[string, readonly Pair[], (readonly Pair[])?]>([
  ['another method', [[':method', 'PUT']]],
  ['another scheme', [[':scheme', 'ftp']]],
  ['a path without a slash', [[':path', '*']]],
  ['a path with a space', [[':path', '/a b']]],
  ['an odd authority', [[':authority', 'a b']]],
  ['another pseudo-header', [], [[':protocol', 'websocket']]],
  ['a pseudo-header behind the others', [], [[':status', '200']]],
  ['a name that comes twice', [], [['authorization', 'Bearer d.e.f']]],
  ['a name in capitals', [], [['X-Any', '1']]],
  ['a name that is no token', [], [['x any', '1']]],
  ['the name of what every object has', [], [['constructor', '1']]],
  ['the name of a prototype', [], [['__proto__', '1']]],
  ['no value', [], [['x-any', '']]],
  ['a space in front', [], [['x-any', ' 1']]],
  ['a space behind', [], [['x-any', '1 ']]],
  ['a control byte', [], [['x-any', 'a\nb']]],
  ['a byte above ASCII', [], [['x-any', '\u00e9']]],
  ['te that is not trailers', [['te', 'gzip']]],
  ['a header of connections', [], [['connection', 'close']]],
  ['cookies', [], [['cookie', 'a=1']]],
  ['a length', [], [['content-length', '5']]],
  ['too many headers', [], Array.from({ length: 122 }, (_, i): Pair => [`x-${i}`, '1'])],
  ['too many bytes', [], [['x-any', 'x'.repeat(65_200)]]],
])('not plain: %s', (_, others, more) => {
  expect(plainHeaders(headers(others, more))).toBeUndefined();
});

test('what was found out about a header is not looked for again', () => {
  const fields = headers([], [['x-any', ' 1']]);
  plainHeaders(fields);
  expect(fields.map(({ isPlain }) => isPlain)).toEqual([...usual.map(() => true), false]);
});
