import type { DescMethod, JsonValue, Message } from '@bufbuild/protobuf';
import { InventoryService } from '../../../gen/inventory/v1/inventory_service_pb.js';
import type { TranscodedAnswer } from '../../../transcoding/index.js';
import { restCommandError } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';
import type { CommandResult } from '../../operations/operation.js';

/** The answer to a batch: for each command what the RPC of its name answers on REST, as `data` or as its error. */
export function batchAnswer(
  results: readonly CommandResult[],
  encode: (method: DescMethod, message: Message) => JsonValue,
  help: HelpLinks,
): TranscodedAnswer {
  const told = results.map(({ name, reply }) => {
    const replayed = reply.replayed ? { replayed: true } : {};
    return reply.ok
      ? // Only a command with a name succeeds.
        { data: encode(InventoryService.method[name!], reply.message), ...replayed }
      : { ...restCommandError(reply.failure, help), ...replayed };
  });
  return { kind: 'ready', status: 200, body: JSON.stringify({ status: true, data: { results: told } }) };
}
