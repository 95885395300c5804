import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '@bufbuild/protobuf';
import { MalformedRequest, malformedAt } from '../faults.js';
import { parseExactly, ROUNDS_FROM } from './exact-json.js';
import { syntaxErrorPlace } from './json-syntax.js';

/** How deep objects and arrays may nest. Below 100, where the protobuf decoder itself gives up. */
const DEPTH_MAX = 64;

/**
 * Reads bytes as JSON, more strictly than `JSON.parse`, which accepts duplicate keys (keeping the last), lone
 * surrogates, and numbers too large for a double (as infinity). It also rounds numbers: those are returned as
 * `ExactNumber`. A leading byte order mark is skipped, as RFC 8259 allows. A key named `__proto__` is an ordinary key.
 *
 * @throws MalformedRequest
 */
export function parseJson(bytes: Uint8Array): JsonValue {
  if (!isUtf8(bytes)) throw new MalformedRequest('the body is not valid UTF-8');
  const decoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(BYTE_ORDER_MARK.length) : decoded;
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    const { line, column } = syntaxErrorPlace(text);
    throw new MalformedRequest(`the body is not valid JSON (line ${line}, column ${column})`);
  }
  const rounds = checkStructure(text);
  if (rounds) value = parseExactly(text);
  if (rounds || mayBeMalformed.test(text)) check(value, '');
  return value;
}

const NO_KEYS: Set<string> = new Set();

const BYTE_ORDER_MARK = '\ufeff';

/** Without an escape there are no lone surrogates; only numbers that round can be infinite. */
const mayBeMalformed = /\\u/;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Refuses deep nesting and duplicate keys in a text that `JSON.parse` accepts, so it need not check the syntax. Returns
 * whether the text holds a number that `JSON.parse` may have rounded.
 */
function checkStructure(text: string): boolean {
  /** For each open object the keys so far; null for an array. */
  const open: (Set<string> | null)[] = [];
  let keys: Set<string> | null = null;
  let keyNext = false;
  let rounds = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (open.length === DEPTH_MAX) {
          throw new MalformedRequest(`the body is nested more than ${DEPTH_MAX} levels deep`);
        }
        keyNext = text.charCodeAt(i) === OPEN_BRACE;
        keys = keyNext ? NO_KEYS : null;
        open.push(keys);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        keys = open[open.length - 1] ?? null;
        break;
      case COMMA:
        keyNext = keys !== null;
        break;
      case COLON:
        keyNext = false;
        break;
      case QUOTE: {
        const start = i;
        let escaped = false;
        for (i++; text.charCodeAt(i) !== QUOTE; i++) {
          if (text.charCodeAt(i) === BACKSLASH) {
            escaped = true;
            i++;
          }
        }
        if (keyNext) {
          const key = escaped ? (JSON.parse(text.slice(start, i + 1)) as string) : text.slice(start + 1, i);
          if (keys?.has(key)) throw new MalformedRequest('must not be given twice', key);
          // Most objects in a long hostile body are empty.
          if (keys === NO_KEYS) open[open.length - 1] = keys = new Set();
          keys?.add(key);
        }
        break;
      }
      default:
        if (isDigit(text.charCodeAt(i))) {
          const start = i;
          while (isOfNumber(text.charCodeAt(i + 1))) i++;
          rounds ||= i - start + 1 >= ROUNDS_FROM || /e/i.test(text.slice(start, i));
        }
    }
  }
  return rounds;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, `.`, `e`, `E`, `+`, `-`. */
function isOfNumber(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === 0x2d;
}

/** Recursion is safe: the depth is limited by now. */
function check(value: JsonValue, path: string): void {
  if (typeof value === 'string' && !isWellFormed(value)) {
    throw malformedAt(path, 'must be a string of valid Unicode');
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw malformedAt(path, 'is too big a number');
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      check(item, `${path}[${i}]`);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (!isWellFormed(key)) throw malformedAt(path, 'has a key that is not valid Unicode');
      check(member, path === '' ? key : `${path}.${key}`);
    }
  }
}

/** Equivalent to `String.prototype.isWellFormed`, which is newer than the library that we compile against. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
