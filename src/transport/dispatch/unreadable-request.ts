/** The request's bytes or JSON cannot be read as the message. Thrown by a door's `decode`. */
export class UnreadableRequest extends Error {
  override readonly name = 'UnreadableRequest';
}

/** There is no room in memory for the request. Also thrown by `decode`. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom';
}

/** For a request that was not read because its caller is unknown (`mayBring`). So no caller ever sees it. */
export function notRead(): UnreadableRequest {
  return new UnreadableRequest('the request was not read');
}
