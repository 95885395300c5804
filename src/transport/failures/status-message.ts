import { create } from '@bufbuild/protobuf';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import type { Failure } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { errorCodes, errorDetails } from './errors.js';
import type { HelpLinks } from './help-links.js';

/** A failure as a message, with its details: https://cloud.google.com/apis/design/errors */
export function statusMessage(failure: Failure, message: string, help: HelpLinks): Status {
  const { code } = errorCodes[failure.reason];
  const details = errorDetails(failure).map(({ desc, value }) => anyPack(desc, create(desc, value)));
  const link = help.of(failure.reason)?.detail;
  if (link !== undefined) {
    details.push(create(AnySchema, { typeUrl: `type.googleapis.com/${link.type}`, value: link.value }));
  }
  return create(StatusSchema, { code, message, details });
}

/** A failure as an outcome of a command. */
export function errorOutcome(failure: Failure, help: HelpLinks): { case: 'error'; value: Status } {
  return { case: 'error', value: statusMessage(failure, failureMessage(failure), help) };
}
