import type { DescMethod } from '@bufbuild/protobuf';
import type { Http, HttpRule } from '../../gen/google/api/http_pb.js';

/**
 * The rules of a service configuration, which replace those in the protos. Of several that select a method, the
 * last one wins.
 *
 * A selector is a list of patterns, divided by commas: the qualified name of a method, or `*` or `package.*` for
 * all below it (https://github.com/googleapis/googleapis/blob/master/google/api/documentation.proto, "selector").
 */
export class ServiceConfig {
  readonly #used = new Set<HttpRule>();

  readonly #http: Http | undefined;

  constructor(http: Http | undefined) {
    this.#http = http;
  }

  /** Whether multi-segment variables are decoded fully (`fully_decode_reserved_expansion`). */
  get decodesFully(): boolean {
    return this.#http?.fullyDecodeReservedExpansion ?? false;
  }

  ruleFor({ parent, name }: DescMethod): HttpRule | undefined {
    let found: HttpRule | undefined;
    for (const rule of this.#http?.rules ?? []) {
      if (!selects(rule.selector, `${parent.typeName}.${name}`)) continue;
      this.#used.add(rule);
      found = rule;
    }
    return found;
  }

  /** Rules that selected no method, most likely because of a misspelt name. */
  problems(): string[] {
    return (this.#http?.rules ?? []).flatMap((rule, i) =>
      this.#used.has(rule)
        ? []
        : [`service configuration, rule ${i + 1}: "${rule.selector}" selects no method`],
    );
  }
}

function selects(selector: string, name: string): boolean {
  return selector.split(',').some((text) => {
    const pattern = text.trim();
    if (pattern === '*') return true;
    return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });
}
