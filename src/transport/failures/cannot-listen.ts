/** Listening on a port failed. For the operator; `cause` says why. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  constructor(
    variable: 'HTTP_PORT' | 'GRPC_PORT' | 'METRICS_PORT',
    host: string,
    port: number,
    cause: unknown,
  ) {
    const { message } = cause as Error;
    // grpc-js errors have no code.
    const why = message.includes('EADDRINUSE') ? 'the port is in use' : message;
    super(`cannot listen on ${host} port ${port}: ${why} (HOST, ${variable}; 0 picks a free port)`, {
      cause,
    });
  }
}
