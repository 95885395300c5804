import type {
  DescMessage,
  DescMethodUnary,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Deadline } from './deadline.js';
import { InventoryService } from './gen/inventory/v1/inventory_service_pb.js';
import { giveKeys, requestOf } from './keys.js';
import type { Link } from './link.js';
import type { CallOptions, HoldfastOptions } from './options.js';
import { withRetries } from './retries.js';

type Methods = typeof InventoryService.method;

/** A method for each unary RPC, by its name. A change carries one idempotency key through all its tries. */
export type Calls = {
  readonly [N in keyof Methods as Methods[N]['methodKind'] extends 'unary' ? N : never]: (
    request: MessageInitShape<Methods[N]['input']>,
    options?: CallOptions,
  ) => Promise<MessageShape<Methods[N]['output']>>;
};

/** The methods read the service's descriptor: a new RPC needs nothing here. */
export function callsOver(link: Link, defaults: HoldfastOptions): Calls {
  const calls = InventoryService.methods.flatMap((method) =>
    method.methodKind === 'unary'
      ? [[method.localName, callOf(link, defaults, method as DescMethodUnary)] as const]
      : [],
  );
  return Object.fromEntries(calls) as unknown as Calls;
}

function callOf(link: Link, defaults: HoldfastOptions, method: DescMethodUnary) {
  return async (init: MessageInitShape<DescMessage>, options: CallOptions = {}): Promise<object> => {
    const request = requestOf(method.input, init);
    const idempotencyKey = giveKeys(method.input, request, options.idempotencyKey);
    return withRetries(
      (deadline) => callOnce(link, method, request, deadline),
      idempotencyKey,
      options,
      defaults,
    );
  };
}

export async function callOnce(
  link: Link,
  method: DescMethodUnary,
  request: Message,
  { signal, leftMs }: Deadline,
): Promise<object> {
  const [{ transport }, header] = await Promise.all([link.connection(signal), link.credentials()]);
  const { message } = await transport.unary(method, signal, leftMs, header, request);
  return message;
}
