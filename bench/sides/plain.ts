import { answerParent } from '../answer-parent.js';
import { PlainServer } from '../plain/server.js';
import type { Addresses } from './service.js';

let server: PlainServer | undefined;

answerParent({
  start: async ({ databaseUrl }: { databaseUrl: string }): Promise<Addresses> => {
    server = new PlainServer(databaseUrl);
    return { grpc: await server.listen() };
  },
  usePool: (connections: number) => server!.usePool(connections),
});
