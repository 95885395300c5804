/** A worker could not start. For the operator. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
}
