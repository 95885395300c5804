import type { Transport } from '@connectrpc/connect';

/** A way to the service. What it takes below (sockets, sessions) opens again by itself. */
export interface Connection {
  readonly transport: Transport;
  /** Whether both sides can send at once, which `Execute` needs: HTTP/2, outside of browsers. */
  readonly isDuplex: boolean;
  close(): void;
}

/** Finds out what the service, or what stands before it, speaks. Rejects if nobody answers. */
export type OpenConnection = (url: string, signal: AbortSignal) => Promise<Connection>;
