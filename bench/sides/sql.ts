import pg from 'pg';
import { answerParent } from '../answer-parent.js';
import { type LoadResult, recordId } from '../load/plan.js';
import { judgeReserve } from '../load/reserve.js';
import { type LoadTiming, Tally } from '../load/tally.js';
import { lockedTransaction, oneStatement } from './sql-reserve.js';

export interface SqlPlan extends LoadTiming {
  readonly databaseUrl: string;
  readonly merchantId: string;
  readonly statement: SqlStatement;
  /** Connections, each with one call at a time. */
  readonly clients: number;
  readonly records: number;
}

export type SqlStatement = 'locked' | 'cte';

/** The database's limit without batching: no server, and as many callers as there are connections. */
answerParent({
  run: async (plan: SqlPlan): Promise<LoadResult> => {
    const reserve = plan.statement === 'locked' ? lockedTransaction : oneStatement;
    const clients = Array.from(
      { length: plan.clients },
      () => new pg.Client({ connectionString: plan.databaseUrl }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    try {
      const tally = new Tally(plan, 1);
      const callInTurn = async (client: pg.Client): Promise<void> => {
        for (let now = performance.now(); now < tally.until; now = performance.now()) {
          const id = recordId(Math.floor(Math.random() * plan.records));
          const reference = `ORD-${++orders}`;
          const stock = await reserve(client, { merchantId: plan.merchantId, id, reference });
          const call = { id, reference, idempotencyKey: undefined };
          if (stock === undefined) throw new Error(`${reference} on ${id} was refused`);
          const availableQty = stock.onHandQty - stock.reservedQty;
          tally.count(judgeReserve(call, { ok: true, granted: { id, ...stock, availableQty } }), now);
        }
      };
      await Promise.all(clients.map(callInTurn));
      return tally.result();
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  },
});

let orders = 0;
