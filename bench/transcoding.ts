import { create, type Message } from '@bufbuild/protobuf';
import { createTranscoder, type HttpRequest, type HttpResponse } from '../src/transcoding/index.js';
import { JsonCodec } from '../src/transcoding/json/json-codec.js';
import { requestBinder } from '../src/transcoding/request/bind-request.js';
import { readHttpRules } from '../src/transcoding/rules/http-rules.js';
import { readingsOf } from '../src/transcoding/rules/request-path.js';
import { RouteTree } from '../src/transcoding/rules/route-tree.js';
import { parseTemplate } from '../src/transcoding/rules/template-parser.js';
import { LendBookResponseSchema, LibraryService } from '../test/gen/transcoding/v1/library_service_pb.js';

/**
 * What the transcoder costs without a socket: matching against 10 and 1,000 routes, binding, a whole exchange.
 * Prints nanoseconds a call, the fastest and the median of the rounds; asserts nothing.
 */

const ROUNDS = 15;
const ROUND_MS = 60;

function nanosecondsPerCall(call: () => unknown): { best: number; median: number } {
  let calls = 1;
  for (let tookMs = 0; tookMs < ROUND_MS; calls = Math.ceil((calls * ROUND_MS * 1.1) / Math.max(tookMs, 1))) {
    tookMs = time(call, calls);
    if (tookMs >= ROUND_MS) break;
  }
  const figures = Array.from({ length: ROUNDS }, () => (time(call, calls) * 1e6) / calls).sort(
    (a, b) => a - b,
  );
  return { best: figures[0]!, median: figures[ROUNDS >> 1]! };
}

function time(call: () => unknown, calls: number): number {
  const startedAt = performance.now();
  for (let i = 0; i < calls; i++) call();
  return performance.now() - startedAt;
}

/** This many routes, as a service has them: six for each resource. */
function routes(count: number): RouteTree<string> {
  const tree = new RouteTree<string>();
  for (let i = 0; i < count; i++) {
    const resource = `/v1/kind${Math.floor(i / 6)}`;
    const shapes = [
      ['GET', resource],
      ['POST', resource],
      ['GET', `${resource}/{id}`],
      ['PATCH', `${resource}/{id}/reserve`],
      ['POST', `${resource}/{id}:archive`],
      ['GET', `${resource}/{name=shelves/*/books/*}`],
    ] as const;
    const [method, source] = shapes[i % 6]!;
    tree.add(method, parseTemplate(source), `${method} ${source}`);
  }
  return tree;
}

function matching(count: number, method: string, target: string): () => unknown {
  const tree = routes(count);
  const match = () => {
    for (const reading of readingsOf(target)) {
      const route = tree.find(method, reading);
      if (route !== undefined) return route;
    }
    return undefined;
  };
  return match;
}

function binding(target: string, text: string): () => Message {
  const [method, url] = target.split(' ') as [string, string];
  const [path, query = ''] = url.split('?') as [string, string?];
  const { bindings, tree } = readHttpRules([LibraryService]);
  const codec = new JsonCodec([LibraryService]);
  const binders = new Map(bindings.map((b) => [b, requestBinder(b, codec)]));
  const body = Buffer.from(text);
  const reading = readingsOf(path).find((r) => tree.find(method, r) !== undefined)!;
  const bind = binders.get(tree.find(method, reading)!)!;
  return () => bind(reading, query, body);
}

/** Route, read the body, bind, answer: all but the socket. */
function exchange(): () => void {
  const { listener } = createTranscoder({
    services: [LibraryService],
    bodyBytesMax: 65536,
    writer: { success: (data) => ({ status: true, data }), fault: () => ({ status: 400, body: '{}' }) },
    handle: (call) => {
      const { isbn } = call.bind() as Message & { isbn: string };
      const book = { isbn, name: 'shelves/1/books/7', title: 'Notes on the Engine', pageCount: 300 };
      return { kind: 'message', message: create(LendBookResponseSchema, { book }) };
    },
    onError: () => ({ status: 500, body: '{}' }),
    responseHeaders: () => ({ 'x-request-id': 'r' }),
  });
  const body = Buffer.from('{"reader":"Ada Lovelace","daysMax":14,"note":"for the summer"}');
  const listeners = new Map<string, (data?: Buffer) => void>();
  const request = {
    method: 'POST',
    url: '/v1/books/978-0-13-110362-7:lend',
    httpVersionMajor: 1,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length), accept: '*/*' },
    on(event: string, listen: (data?: Buffer) => void) {
      listeners.set(event, listen);
    },
  };
  let status = 0;
  const response = {
    writeHead: (code: number) => {
      status = code;
    },
    end: () => {},
    once: () => {},
    on: () => {},
  };
  return () => {
    listener(request as unknown as HttpRequest, response as unknown as HttpResponse);
    listeners.get('data')!(body);
    listeners.get('end')!();
    if (status !== 200) throw new Error(`answered ${status}`);
  };
}

const reserve = ['PATCH', '/v1/kind1/inv_xyz789/reserve'] as const;
const everything = JSON.stringify({
  stringField: 'a',
  int64Field: '5',
  nested: { stringField: 'b', int32List: [1, 2, 3] },
  timestamp: '2024-12-01T10:00:00Z',
});

const measured: readonly (readonly [string, () => unknown])[] = [
  ['match among 10 routes', matching(10, ...reserve)],
  ['match among 1,000 routes', matching(1000, ...reserve)],
  ['match a verb among 10 routes', matching(10, 'POST', '/v1/kind0/7:archive')],
  ['match a verb among 1,000 routes', matching(1000, 'POST', '/v1/kind0/7:archive')],
  ['no match among 10 routes', matching(10, 'GET', '/v1/kind0/7/nothing')],
  ['no match among 1,000 routes', matching(1000, 'GET', '/v1/kind0/7/nothing')],
  ['bind the path and a flat JSON body', binding('POST /v1/books/7:lend', '{"reader":"Ada","daysMax":14}')],
  ['bind a nested JSON body', binding('POST /v1/echo', everything)],
  ['bind a query of two parameters', binding('GET /v1/echo?stringField=a&int32Field=5', '')],
  [
    'bind a query of nested and repeated parameters',
    binding('GET /v1/echo?nested.stringField=a&stringList=a&stringList=b&enumField=COLOR_RED', ''),
  ],
  ['a whole exchange, without the socket', exchange()],
];

console.log('                                                    ns, best   ns, median');
for (const [name, call] of measured) {
  const { best, median } = nanosecondsPerCall(call);
  console.log(`${name.padEnd(48)}${best.toFixed(0).padStart(12)}${median.toFixed(0).padStart(13)}`);
}
