import type { Worker } from 'node:cluster';

/**
 * `node:cluster` hands each new connection to a worker, and forgets the one that is on its way when the worker ends: its
 * caller would wait forever. So this answers for the worker as one that is stopping does, and another gets the connection.
 * It uses messages that are node's own; a test fails if they change.
 *
 * `isOther`: whether another worker listens. Without one, the connection is closed.
 */
export function recoverHandovers({ process: child }: Worker, isOther: () => boolean): void {
  /** By the number that the answer names. */
  const onTheirWay = new Map<number, { close(): void }>();
  child.send = new Proxy(child.send, {
    apply: (send, self, args) => {
      const [message, connection] = args;
      if (message.act === 'newconn') onTheirWay.set(message.seq, connection);
      return Reflect.apply(send, self, args);
    },
  });
  child.on('internalMessage', ({ ack }) => onTheirWay.delete(ack));
  // While a connection is on its way, node does not notice that the channel is gone, and goes on dealing the dead worker in.
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
