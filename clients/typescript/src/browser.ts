import { openWebConnection } from './connection/web.js';
import { type Client, holdfastOver } from './holdfast.js';

/** A client over `fetch`, for browsers. It keeps its connection: make one for the program, not for each call. */
export const Holdfast = holdfastOver(openWebConnection);
export type Holdfast = Client;

export * from './exports.js';
