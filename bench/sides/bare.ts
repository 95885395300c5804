import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from '../answer-parent.js';
import { ON_HAND_QTY } from '../load/plan.js';
import type { Addresses } from './service.js';

/** A `node:http` server that parses the JSON and answers, and nothing else: what HTTP/1.1 alone allows. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { qty } = JSON.parse(Buffer.concat(chunks).toString()) as { qty: number };
    const id = request.url!.split('/')[3]!;
    const data = { id, onHandQty: ON_HAND_QTY, reservedQty: qty, availableQty: ON_HAND_QTY - qty };
    const body = JSON.stringify({ status: true, message: 'Inventory reserved', data });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});

answerParent({
  start: async (): Promise<Addresses> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { rest: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
});
