import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Json, Schema } from './json.js';

/** What the document needs and no descriptor has: one YAML file for an API. */
export interface Facts {
  readonly info: { readonly [key: string]: Json; readonly description: string };
  readonly servers: readonly Json[];
  /** Tag, which is the path's first segment after the version → its description. */
  readonly tags: Readonly<Record<string, string>>;
  readonly security: {
    readonly schemes: Readonly<Record<string, Json>>;
    /** The scheme that takes the permission which an RPC's comment names. */
    readonly permissionScheme: string;
    readonly permissions: readonly string[];
  };
  /** Fields of requests, by their JSON names, that must not become query parameters. */
  readonly bodyOnly?: readonly string[];
  /** RPCs that change nothing, though their HTTP method could. */
  readonly safe?: readonly string[];
  /** RPCs that change something and take no key for the whole call. */
  readonly keyless?: readonly string[];
  /** RPC → its `data`, where the host does not answer with the message as it is. */
  readonly answers?: Readonly<Record<string, Schema>>;
  readonly parameters: {
    readonly every: Readonly<Record<string, Json>>;
    /** Of calls that change something; `{operationId}` in one stands for the call. */
    readonly changing: Readonly<Record<string, Json>>;
    /** Of calls that answer with a stream. */
    readonly streaming: Readonly<Record<string, Json>>;
  };
  readonly headers: {
    readonly every: Readonly<Record<string, Json>>;
    /** Of stored outcomes. */
    readonly replayed: Readonly<Record<string, Json>>;
    /** Of answers that are streams. */
    readonly streaming: Readonly<Record<string, Json>>;
    /** Where the reason's comment names it. */
    readonly retryAfter: Readonly<Record<string, Json>>;
    /** Status → headers that its answers have besides the others. */
    readonly statuses?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  };
  readonly errors: {
    /** The enum whose comments describe the reasons. */
    readonly reasons: string;
    /** What its values begin with. */
    readonly prefix: string;
    /** Reasons of every call, apart from `exceptions`. */
    readonly every: readonly string[];
    /** RPC → those of `every` that only its parts can have, never the call as a whole. */
    readonly exceptions?: Readonly<Record<string, readonly string[]>>;
    /** Further reasons of calls that send something. */
    readonly sending: readonly string[];
    /** Further reasons of calls that change something. */
    readonly changing: readonly string[];
    /** Reasons of every call that can be a stored outcome, as the call's own always can. */
    readonly stored: readonly string[];
    /** The request id in examples. */
    readonly requestId: string;
    /** The link to a reason's explanation in examples; `{reason}` is the reason in lower case. Absent: no links. */
    readonly help?: string;
    /** Reasons whose body is another one, to the letter. */
    readonly bodies: Readonly<Record<string, Readonly<Record<string, Json>>>>;
    /** `REASON` or `Rpc/REASON` → properties beyond the usual ones. */
    readonly extras: Readonly<Record<string, Readonly<Record<string, ErrorExtra>>>>;
    /** Reasons that name the invalid fields → the property that lists them. */
    readonly violations: Readonly<Record<string, string>>;
    /** `Rpc/REASON` → the message of its example, where it is not the one of the reason's comment. */
    readonly messages: Readonly<Record<string, string>>;
    /** Reason → the message of its example, where that depends on where callers put what they send. */
    readonly places: Readonly<Record<string, Readonly<Record<Place, string>>>>;
    /** HTTP's own statuses, of every call, of calls with a body and of streams → the message. */
    readonly statuses: {
      /** The reason of all of them. */
      readonly reason: string;
      readonly every: Readonly<Record<string, string>>;
      readonly body: Readonly<Record<string, string>>;
      readonly streaming: Readonly<Record<string, string>>;
      /** RPC → status → message, where it is another. */
      readonly rpcs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    };
  };
  /** JSON name of a field, or `Message.field` → an example. */
  readonly examples: Readonly<Record<string, Json>>;
  /** Requests that work on the demo record, by RPC. */
  readonly samples: Readonly<Record<string, Sample>>;
}

/** Where callers put most of what they send. */
export type Place = 'body' | 'query' | 'path';

export interface ErrorExtra {
  readonly schema: Schema;
  /** A permission here stands for the one that the call needs. Without an example, the property can be left out. */
  readonly example?: Json;
}

export interface Sample {
  /** What it does, and what has to be done before. */
  readonly summary?: string;
  /** Values of path variables and query parameters, where they are not those of `examples`. */
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly request?: Json;
  /** `data` of the response, where that is published; of a stream, one message. */
  readonly data?: Json;
}

/** @param packagePath of a package.json that has the version; without it, the facts do. */
export function loadFacts(path: string, packagePath?: string): Facts {
  const facts = parse(readFileSync(path, 'utf8'), { merge: true }) as Facts;
  if (packagePath === undefined) return facts;
  const { version } = JSON.parse(readFileSync(packagePath, 'utf8')) as { version: string };
  return { ...facts, info: { ...facts.info, version } };
}
