import type { IncomingMessage, ServerResponse } from 'node:http';

/** HTTP/2's compatible requests and responses come as these too. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The same for one path that needs no credentials. It rejects before anything is sent, or not at all. */
export type PathAnswer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
