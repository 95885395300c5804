import { openNodeConnection } from './connection/node.js';
import { type Client, holdfastOver } from './holdfast.js';

/** A client over HTTP/2 or HTTP/1.1, for Node. It keeps its connection: make one for the program, not for each call. */
export const Holdfast = holdfastOver(openNodeConnection);
export type Holdfast = Client;

export * from './exports.js';
