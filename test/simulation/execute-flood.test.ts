import { fromBinary } from '@bufbuild/protobuf';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { findHeader } from '../../bench/load/hpack.js';
import { ExecuteResponseSchema } from '../../src/gen/inventory/v1/commands_pb.js';
import { audit } from '../../src/service/audit.js';
import { frame as envelope, unframe } from '../support/doors/grpc-web.js';
import { test } from '../support/fixtures.js';
import { END_STREAM, FrameType, grpcHeaders, headersFrames, RawHttp2 } from '../support/http2-raw.js';
import { commandBytes, EXECUTE_PATH } from '../support/streams/execute.js';
import { Flood } from '../support/streams/flood.js';

/**
 * A client that sends all of its commands at once, as fast as HTTP/2 lets it: the service takes no more than it can
 * keep, answers each, and executes them in their order. `FLOOD_COMMANDS` is how many there are.
 */
const COMMANDS = Number(process.env.FLOOD_COMMANDS ?? 2500);
/** The windows of HTTP/2, and the commands in progress. */
const TAKEN_BYTES_MAX = 512 * 1024;

test.for(['gRPC port', 'HTTP port'] as const)(
  'commands by the thousand at once, on the %s',
  { timeout: 60_000 + COMMANDS * 5 },
  async (port, { service, merchant, database }) => {
    const id = port === 'gRPC port' ? 'inv_grpc' : 'inv_http';
    await service.seed(merchant.merchantId, { id, onHandQty: 2_000_000, reservedQty: 0 });
    const notes = 'n'.repeat(300);
    const commands = Array.from({ length: COMMANDS }, (_, n) =>
      envelope(0, commandBytes({ tag: `${n}`, reserve: { id, qty: 1, reference: `${n}`, notes } })),
    );
    const stranger = new pg.Client({ connectionString: database.url });
    await stranger.connect();
    await stranger.query('BEGIN');
    await stranger.query('SELECT 1 FROM stock_levels WHERE id = $1 FOR UPDATE', [id]);
    const authority = port === 'gRPC port' ? service.grpcAddress : new URL(service.httpUrl).host;
    // The client keeps no table of headers, so that they can be read by hand.
    const raw = await RawHttp2.connect(authority, [[1, 0]]);
    raw.send(headersFrames(1, grpcHeaders(EXECUTE_PATH, merchant)));
    const flood = new Flood(raw, Buffer.concat(commands));

    // While no command is decided, the service takes some of them, and then no more.
    let before = -1;
    await vi.waitFor(
      () => {
        const unchanged = flood.sentBytes === before;
        before = flood.sentBytes;
        expect(unchanged).toBe(true);
      },
      { interval: 300, timeout: 5000 },
    );
    expect(flood.sentBytes).toBeLessThan(TAKEN_BYTES_MAX);
    expect(flood.received).toHaveLength(0);
    await stranger.end();

    const end = await raw.frame(
      ({ type, flags }) => type === FrameType.HEADERS && (flags & END_STREAM) !== 0,
    );
    expect(findHeader(end!.payload, 'grpc-status')).toBe('0');
    raw.socket.destroy();
    const answers = unframe(flood.received).messages.map((bytes) => fromBinary(ExecuteResponseSchema, bytes));
    expect(answers.filter(({ outcome }) => outcome.case !== 'reserve')).toEqual([]);
    expect(new Set(answers.map(({ tag }) => tag)).size).toBe(COMMANDS);
    expect(answers).toHaveLength(COMMANDS);
    const [log] = await service.app.dataSource.query(
      `SELECT count(*)::int AS entries, bool_and(reference::int = n - 1) AS in_order
         FROM (SELECT reference, row_number() OVER (ORDER BY revision) AS n
                 FROM movement_log WHERE inventory_id = $1 AND reserved_delta > 0) AS entry`,
      [id],
    );
    expect(log).toEqual({ entries: COMMANDS, in_order: true });
    const { merchantId } = merchant;
    expect(await audit(service.app.dataSource, { merchantId, repair: false })).toMatchObject({
      consistent: true,
    });
  },
);
