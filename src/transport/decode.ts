import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf';
import { UnreadableRequest } from './dispatcher.js';

/** Reads a message from protobuf bytes. Throws UnreadableRequest. */
export function decodeBinary(schema: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new UnreadableRequest(`not a readable ${schema.typeName}: ${(error as Error).message}`);
  }
}
