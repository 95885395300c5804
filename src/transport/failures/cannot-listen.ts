/** A port cannot be had: an operator's matter, said in `cause`. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  constructor(
    variable: 'HTTP_PORT' | 'GRPC_PORT' | 'METRICS_PORT',
    host: string,
    port: number,
    cause: unknown,
  ) {
    const { message } = cause as Error;
    // grpc-js gives its errors no code.
    const why = message.includes('EADDRINUSE') ? 'the port is in use' : message;
    super(`cannot listen on ${host} port ${port}: ${why} (HOST, ${variable}; 0 picks a free port)`, {
      cause,
    });
  }
}
