import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockWriter } from '../../../../../src/transport/grpc/gate/block-writer.js';
import { HeaderBlocks } from '../../../../../src/transport/grpc/gate/header-blocks.js';
import { headersFrames } from '../../../../../src/transport/grpc/gate/header-frames.js';
import { frame, HTTP2_PREFACE } from '../../../../support/http2-frames.js';
import { END_STREAM, FrameType } from '../../../../support/http2-raw.js';
import { gateStage, refuseAsked } from './stage.js';

/** Places in the static table, and the first of the dynamic one. */
const POST = 3;
const ROOT = 4;
const HTTP = 6;
const NEWEST = 62;
const ENTRY_BYTES = 32;

type Header = readonly [name: string, value: string];

/** A client that does anything with its table that HTTP/2 allows. */
class AnyClient {
  readonly #table: Header[] = [];
  #bytesMax = 4096;

  get stored(): number {
    return this.#table.length;
  }

  resize(writer: BlockWriter, bytesMax: number): void {
    writer.integer(0x20, 0x1f, bytesMax);
    this.#bytesMax = bytesMax;
    this.#evict();
  }

  store(writer: BlockWriter, header: Header): Header {
    writer.integer(0x40, 0x3f, 0);
    for (const text of header) writer.text(text);
    this.#table.unshift(header);
    this.#evict();
    return header;
  }

  refer(writer: BlockWriter, place: number): Header {
    writer.integer(0x80, 0x7f, NEWEST + place);
    return this.#table[place]!;
  }

  #evict(): void {
    const bytes = () => this.#table.reduce((sum, header) => sum + header.join('').length + ENTRY_BYTES, 0);
    while (bytes() > this.#bytesMax) this.#table.pop();
  }
}

const anyHeader = fc.tuple(
  fc.constantFrom('a', 'b', 'long-name'),
  fc.oneof(
    { weight: 3, arbitrary: fc.nat(99).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(300), 'y'.repeat(1500), 'z'.repeat(4090)) },
  ),
);
const anyCall = fc.record({
  /** Whether headers are read at all just now. */
  isDue: fc.boolean(),
  isRefused: fc.boolean(),
  sizes: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(0, 400, 4096), { maxLength: 2 }) },
  ),
  fields: fc.array(
    fc.oneof(
      fc.record({ store: anyHeader }),
      fc.record({ spell: anyHeader }),
      fc.record({ refer: fc.nat(200) }),
    ),
    { maxLength: 4 },
  ),
});

test('whatever a client does with its table, node:http2 gets the headers of the calls that pass', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 40, size: 'max' }), async (calls) => {
      // Asked once for each call.
      const due = [false, ...calls.map(({ isDue }) => isDue)];
      const stage = gateStage({ foresee: refuseAsked, isDue: () => due.shift()! });
      const client = new AnyClient();
      const expected: Header[][] = [];
      const begin = (
        id: number,
        { isRefused, sizes, fields }: Omit<(typeof calls)[number], 'isDue'>,
      ): void => {
        const writer = new BlockWriter(Buffer.alloc(65_536), 0);
        for (const size of sizes) client.resize(writer, size);
        writer.integer(0x80, 0x7f, POST);
        writer.integer(0x80, 0x7f, ROOT);
        writer.integer(0x80, 0x7f, HTTP);
        writer.literal(':authority', 'stage');
        const headers = fields.flatMap((field) => {
          if ('store' in field) return [client.store(writer, field.store)];
          if ('spell' in field) return [spell(writer, field.spell)];
          return client.stored > 0 ? [client.refer(writer, field.refer % client.stored)] : [];
        });
        if (isRefused) spell(writer, ['refuse', 'req-1']);
        else expected.push(headers);
        stage.wire.write(headersFrames(id, END_STREAM, writer.written));
      };
      stage.wire.resume();
      stage.wire.write(Buffer.concat([Buffer.from(HTTP2_PREFACE), frame(FrameType.SETTINGS, 0, 0)]));
      begin(1, { isRefused: false, sizes: [], fields: [] });
      await expect.poll(() => stage.passed.length, { interval: 1 }).toBe(1);
      await new Promise(setImmediate);
      for (const [i, call] of calls.entries()) {
        begin(2 * i + 3, { ...call, isRefused: call.isDue && call.isRefused });
      }
      await expect.poll(() => stage.passed.length, { interval: 1 }).toBe(expected.length);
      expect(stage.passed.map(({ rawHeaders }) => ownPairs(rawHeaders))).toEqual(expected);
      stage.wire.destroy();
    }),
    { numRuns: 300 },
  );
});

function spell(writer: BlockWriter, header: Header): Header {
  writer.literal(...header);
  return header;
}

/** Without those of HTTP/2. */
function ownPairs(rawHeaders: readonly string[]): Header[] {
  const pairs = rawHeaders.flatMap((name, i): Header[] => (i % 2 === 0 ? [[name, rawHeaders[i + 1]!]] : []));
  return pairs.filter(([name]) => !name.startsWith(':'));
}

/** Requests of RFC 7541, C.3 and C.4, with and without Huffman's code, and what they say. */
const requests = [
  ['828684410f7777772e6578616d706c652e636f6d', '828684418cf1e3c2e5f23a6ba0ab90f4ff', 'http', '/', []],
  ['828684be58086e6f2d6361636865', '828684be5886a8eb10649cbf', 'http', '/', [['cache-control', 'no-cache']]],
  [
    '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    'https',
    '/index.html',
    [['custom-key', 'custom-value']],
  ],
] as const;
test.each([0, 1])('the examples of the RFC, spelling %s', (spelling) => {
  const blocks = new HeaderBlocks();
  for (const [plain, huffman, scheme, path, more] of requests) {
    const bytes = Buffer.from([plain, huffman][spelling]!, 'hex');
    const read = blocks.read({ bytes, start: 0, end: bytes.length });
    expect(read?.map(({ name, value }) => [name, value])).toEqual([
      [':method', 'GET'],
      [':scheme', scheme],
      [':path', path],
      [':authority', 'www.example.com'],
      ...more,
    ]);
  }
});
