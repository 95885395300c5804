import { create, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import type { FailureReason } from '../../domain/failure.js';
import { reasons } from '../../domain/reasons.js';
import { HelpSchema } from '../../gen/google/rpc/error_details_pb.js';

/** The page of the HTTP port that explains every reason, each at an anchor of its own. */
export const ERRORS_PAGE = '/docs/errors';

export function anchorOf(reason: string): string {
  return reason.toLowerCase();
}

/** A google.rpc detail as it goes over the wire. */
export interface PackedDetail {
  /** `google.rpc.Help` */
  readonly type: string;
  readonly value: Uint8Array;
  /** The same as JSON, which Connect shows to people. */
  readonly debug: JsonValue;
}

/** Where a reason is explained. */
export interface HelpLink {
  /** Only a path if the address is not known. Callers of the HTTP port can resolve it. */
  readonly url: string;
  /** Undefined if the address is not known: callers of the gRPC port cannot resolve a path. */
  readonly detail: PackedDetail | undefined;
}

/**
 * Links from failures to their reason's place in the documentation. Made once for each reason, not for each failure: a
 * sold-out record rejects thousands of calls a second.
 */
export class HelpLinks {
  readonly #links = new Map<string, HelpLink>();

  /** `base`: the address of the HTTP port, empty if it is not known; undefined: no documentation, so no links. */
  constructor(base: string | undefined) {
    if (base !== undefined) this.leadTo(base);
  }

  /** The address is known when the port is open, since it may pick its own number. */
  leadTo(base: string): void {
    for (const reason of Object.keys(reasons)) {
      const url = `${base}${ERRORS_PAGE}#${anchorOf(reason)}`;
      this.#links.set(reason, { url, detail: base === '' ? undefined : pack(reason, url) });
    }
  }

  of(reason: FailureReason): HelpLink | undefined {
    return this.#links.get(reason);
  }
}

function pack(reason: string, url: string): PackedDetail {
  const links = [{ description: `What ${reason} means, and what to do`, url }];
  const help = create(HelpSchema, { links });
  return { type: HelpSchema.typeName, value: toBinary(HelpSchema, help), debug: toJson(HelpSchema, help) };
}

/** For ports that serve no documentation. */
export const noHelp = new HelpLinks(undefined);
