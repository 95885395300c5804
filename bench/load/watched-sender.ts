import { reserveRpc } from './grpc-rpc.js';
import { GrpcSender } from './grpc-sender.js';
import type { Figures, ReserveCall } from './reserve.js';
import type { Answer, Sender } from './sender.js';
import { WatchStream } from './watch-stream.js';

/** Reserve through gRPC, which is over when it is answered and a watch has shown it. */
export class WatchedSender implements Sender<ReserveCall, Figures> {
  readonly #reserves: GrpcSender<ReserveCall, Figures>;
  readonly #watch: WatchStream;
  /** Reserved units of each record, as the watch has shown them last. */
  readonly #told = new Map<string, number>();
  /** Answered calls that the watch has not shown yet; at most as many as are in flight. */
  #untold: { readonly stock: Figures; tell(): void }[] = [];

  constructor(
    addresses: readonly string[],
    headers: Readonly<Record<string, string>>,
    ids: readonly string[],
    connections: number,
    onError: (error: Error) => void,
  ) {
    this.#reserves = new GrpcSender(reserveRpc, addresses, headers, connections, onError);
    const onStock = (id: string, reservedQty: number): void => {
      this.#told.set(id, reservedQty);
      const told = this.#untold.filter(({ stock }) => this.#isTold(stock));
      this.#untold = this.#untold.filter(({ stock }) => !this.#isTold(stock));
      for (const { tell } of told) tell();
    };
    this.#watch = new WatchStream(addresses[0]!, headers, ids, onStock, onError);
  }

  send(call: ReserveCall, done: (answer: Answer<Figures>) => void): void {
    this.#reserves.send(call, (answer) => {
      if (!answer.ok || this.#isTold(answer.granted)) done(answer);
      else this.#untold.push({ stock: answer.granted, tell: () => done(answer) });
    });
  }

  close(): void {
    this.#reserves.close();
    this.#watch.close();
  }

  /** Nothing is released here, so the reserved units only grow. */
  #isTold({ id, reservedQty }: Figures): boolean {
    return (this.#told.get(id) ?? 0) >= reservedQty;
  }
}
