import type { DescMethod, Message } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import type { FieldViolation } from '../../domain/failure.js';
import { toFieldViolation } from '../failures/violations.js';
import { nativeRegexMatch } from './native-regex.js';
import { type QuickCheck, quickCheck } from './quick-check.js';

/** Checks whether requests keep the rules of their messages. */
export class Validation {
  readonly #validator = createValidator({ regexMatch: nativeRegexMatch() });
  readonly #quickChecks = new Map<DescMethod, QuickCheck>();

  /** The rules that the method's request breaks. */
  violations(method: DescMethod, request: Message): FieldViolation[] {
    let check = this.#quickChecks.get(method);
    if (check === undefined) {
      check = quickCheck(method.input) ?? (() => false);
      this.#quickChecks.set(method, check);
    }
    if (check(request)) return [];
    const result = this.#validator.validate(method.input, request);
    if (result.kind === 'error') throw result.error;
    return (result.violations ?? []).map(toFieldViolation);
  }
}
