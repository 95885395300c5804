/** The request's bytes or JSON cannot be read as the message. Thrown by a door's `decode`. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest';
}

/** There is no room in memory for the request. Thrown likewise. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
}

/** Of a request that was not read, since its caller is unknown (`mayBring`); so nobody is told. */
export function notRead(): UnreadableRequest {
  return new UnreadableRequest('the request was not read');
}
