import { create } from '@bufbuild/protobuf';
import type { FailureReason } from '../../domain/failure.js';
import { reasons } from '../../domain/reasons.js';
import { type Help, HelpSchema } from '../../gen/google/rpc/error_details_pb.js';

/** The page of the HTTP port that explains every reason, each at an anchor of its own. */
export const ERRORS_PAGE = '/docs/errors';

export function anchorOf(reason: string): string {
  return reason.toLowerCase();
}

/** Where a reason is explained. */
export interface HelpLink {
  /** Without a known address a path, for those who called the port that serves it. */
  readonly url: string;
  /** Undefined without a known address: who called the gRPC port cannot tell where a path leads. */
  readonly detail: Help | undefined;
}

/**
 * The links that failures carry to their reason's place in the documentation. Made once for each reason and not for
 * each failure: a sold-out record fails thousands of calls a second.
 */
export class HelpLinks {
  readonly #links = new Map<string, HelpLink>();

  /** `base`: the address of the HTTP port, empty where nobody knows it; undefined: no documentation, so no links. */
  constructor(base: string | undefined) {
    if (base !== undefined) this.leadTo(base);
  }

  /** The address becomes known when the port opens, which may pick its own number. */
  leadTo(base: string): void {
    for (const reason of Object.keys(reasons)) {
      const url = `${base}${ERRORS_PAGE}#${anchorOf(reason)}`;
      const links = [{ description: `What ${reason} means, and what to do`, url }];
      this.#links.set(reason, { url, detail: base === '' ? undefined : create(HelpSchema, { links }) });
    }
  }

  of(reason: FailureReason): HelpLink | undefined {
    return this.#links.get(reason);
  }
}

/** Of ports that serve no documentation, and whose callers know of none. */
export const noHelp = new HelpLinks(undefined);
