import { Client, credentials, Metadata } from '@grpc/grpc-js';

const bytes = (buffer: Buffer): Buffer => buffer;

/** A grpc-js client that sends and reads bytes, for services without generated code and for broken messages. */
export function rawClient(address: string): Client {
  return new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
}

export interface RawAnswer {
  readonly code: number;
  readonly message: string;
  readonly response: Buffer | undefined;
  readonly trailers: Metadata;
}

export function rawUnary(
  client: Client,
  path: string,
  request: Uint8Array,
  metadata: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const sent = new Metadata();
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from(request), sent, (error, response) => {
      const trailers = error?.metadata ?? new Metadata();
      resolve({ code: error?.code ?? 0, message: error?.details ?? '', response, trailers });
    });
  });
}
