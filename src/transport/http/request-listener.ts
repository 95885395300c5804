import type { IncomingMessage, ServerResponse } from 'node:http';

/** HTTP/2's compatible requests and responses come as these too. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;
