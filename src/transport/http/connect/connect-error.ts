import { ConnectError } from '@connectrpc/connect';
import type { Failure } from '../../../domain/failure.js';
import { failureMessage } from '../../../domain/failure-message.js';
import { errorCodes, errorDetails } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';

/** A failure as the library sends it, in each of its protocols. */
export function connectError(
  failure: Failure,
  help: HelpLinks,
  metadata?: Readonly<Record<string, string>>,
): ConnectError {
  const { code } = errorCodes[failure.reason];
  const error = new ConnectError(failureMessage(failure), code, metadata, errorDetails(failure));
  const packed = help.of(failure.reason)?.detail;
  // The library would encode a message again for each failure.
  if (packed !== undefined) error.details.push(packed);
  return error;
}
