import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

const BASE_URL_LENGTH_MAX = 256;

/** Reads variables one by one and records what is wrong with each. An empty variable counts as not set. */
export class EnvironmentReader {
  readonly #env: Environment;
  readonly #faults: string[];

  constructor(env: Environment, faults: string[]) {
    this.#env = env;
    this.#faults = faults;
  }

  isSet(name: string): boolean {
    return this.text(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.#env[name];
    return value === undefined || value === '' ? undefined : value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.#faults.push(`${name}: must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
    return fallback;
  }

  ratio(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (/^\d*\.?\d+$/.test(text) && Number(text) <= 1) return Number(text);
    this.#faults.push(`${name}: must be a number from 0 to 1, not ${JSON.stringify(text)}`);
    return fallback;
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if ((values as readonly string[]).includes(text)) return text as T;
    this.#faults.push(`${name}: must be one of ${values.join(', ')}, not ${JSON.stringify(text)}`);
    return fallback;
  }

  /** The value may contain a password, so a fault does not repeat it. */
  url(name: string, protocols: readonly string[], hint = ''): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
    this.#faults.push(
      `${name}: must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}${hint}`,
    );
    return undefined;
  }

  /** What paths can be put behind, without the slash at its end. Links with it travel in gRPC's trailers. */
  baseUrl(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const bare = url !== undefined && `${url.username}${url.password}` === '' && !/[?#]/.test(text);
    if (bare && /^https?:$/.test(url.protocol) && url.href.length <= BASE_URL_LENGTH_MAX) {
      return url.href.replace(/\/+$/, '');
    }
    this.#faults.push(
      `${name}: must be a URL such as https://stock.example/api, of http or https, with at most ` +
        `${BASE_URL_LENGTH_MAX} characters and without a user, a query or a fragment`,
    );
    return undefined;
  }

  /** As browsers spell them, since they are compared character by character. */
  origins(name: string): readonly string[] {
    const origins = (this.text(name) ?? '').split(',').map((origin) => origin.trim());
    const given = origins.filter((origin) => origin !== '');
    for (const origin of given) {
      const spelt = URL.canParse(origin) ? new URL(origin).origin : undefined;
      if (origin === '*' || (spelt === origin && /^https?:[^*]*$/.test(origin))) continue;
      this.#faults.push(
        `${name}: must list origins such as https://shop.example, without a path, or be *, not ${JSON.stringify(origin)}`,
      );
    }
    return given;
  }

  file(name: string): Buffer | undefined {
    const path = this.text(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      this.#faults.push(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  }
}
