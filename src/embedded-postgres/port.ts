import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range of local ports for outgoing connections (32768 and up on Linux, 49152 on macOS). A port from that
// range could be lost while the server is down, even to one of our own clients: one that keeps connecting to it
// eventually gets it as its own local port, and connects to itself.
const LOWEST = 15_000;
const HIGHEST = 32_000;
const TRIES_MAX = 100;

/** Finds a TCP port of 127.0.0.1 that is free now. It may be taken a moment later, so a start must retry. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 among ${TRIES_MAX} tried`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
