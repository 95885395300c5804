import type { Transport } from '@connectrpc/connect';

/** A way to the service. The sockets and sessions below it reopen by themselves. */
export interface Connection {
  readonly transport: Transport;
  /** Whether both sides can send at once, which `Execute` needs: HTTP/2, outside of browsers. */
  readonly isDuplex: boolean;
  close(): void;
}

/** Finds out which HTTP version the service, or a proxy in front of it, speaks. Rejects if nobody answers. */
export type OpenConnection = (url: string, signal: AbortSignal) => Promise<Connection>;
