import type { IncomingMessage, ServerResponse } from 'node:http';

/** Also takes the compatibility requests and responses of HTTP/2. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The same for one path that needs no credentials. May reject only before it has sent anything. */
export type PathAnswer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
