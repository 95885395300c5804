import type { Worker } from 'node:cluster';

/**
 * `node:cluster` hands each new connection to a worker. If the worker ends meanwhile, it forgets the connection, and
 * its caller would wait forever. So this answers like a worker that is stopping, and another one gets the connection.
 * It uses internal messages of node; a test fails if they change.
 *
 * `isOther`: whether another worker listens. Without one, the connection is closed.
 */
export function recoverHandovers({ process: child }: Worker, isOther: () => boolean): void {
  /** Connections on their way, by the number that the worker's answer will have. */
  const onTheirWay = new Map<number, { close(): void }>();
  child.send = new Proxy(child.send, {
    apply: (send, self, args) => {
      const [message, connection] = args;
      if (message.act === 'newconn') onTheirWay.set(message.seq, connection);
      return Reflect.apply(send, self, args);
    },
  });
  child.on('internalMessage', ({ ack }) => onTheirWay.delete(ack));
  // While a connection is on its way, node does not notice that the channel is gone, and still gives the dead worker
  // connections.
  child.prependOnceListener('exit', () => {
    if (child.connected) child.disconnect();
    setImmediate(() => {
      for (const [ack, connection] of onTheirWay) {
        if (isOther()) child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
        else connection.close();
      }
    });
  });
}
