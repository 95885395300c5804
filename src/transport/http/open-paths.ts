import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cors } from '../../transcoding/index.js';
import { REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import { restErrorBody } from '../failures/errors.js';
import type { HelpLinks } from '../failures/help-links.js';
import { sharesWithOrigin } from './cors.js';
import type { PathAnswer } from './request-listener.js';
import { restFault } from './rest/rest.js';

export interface OpenPathsOptions {
  /** Undefined: no page in a browser may read them. */
  readonly cors: Cors | undefined;
  readonly help: HelpLinks;
  readonly onError: (error: unknown, requestId: string) => void;
}

/** Paths that need no credentials, and accept only GET and HEAD. */
export class OpenPaths {
  readonly #answers: ReadonlyMap<string, PathAnswer>;
  readonly #options: OpenPathsOptions;

  constructor(answers: ReadonlyMap<string, PathAnswer>, options: OpenPathsOptions) {
    this.#answers = answers;
    this.#options = options;
  }

  /** Answers if the path is one of them. */
  answer(path: string, request: IncomingMessage, response: ServerResponse, identify: () => string): boolean {
    const answer = this.#answers.get(path);
    if (answer === undefined) return false;
    const { cors, help, onError } = this.#options;
    const requestId = identify();
    response.setHeader(REQUEST_ID_HEADER, requestId);
    request.resume();
    if (cors && sharesWithOrigin(cors, request, response, ['GET', 'HEAD'])) return true;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(response, { kind: 'method_not_allowed', allow: ['GET', 'HEAD'] }, requestId, help);
      return true;
    }
    answer(request, response).catch((error) => {
      onError(error, requestId);
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(restErrorBody({ reason: 'INTERNAL' }, requestId, help));
    });
    return true;
  }
}

/** Answers, in the REST door's format, requests that do not reach it. */
export function refuse(
  response: ServerResponse,
  fault: Parameters<typeof restFault>[0],
  requestId: string,
  help: HelpLinks,
): void {
  const refusal = restFault(fault, requestId, help);
  response
    .writeHead(refusal.status, { 'content-type': 'application/json', ...refusal.headers })
    .end(refusal.body);
}
