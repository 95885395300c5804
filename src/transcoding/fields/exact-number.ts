/**
 * A number of a JSON text that a double may not hold exactly, kept as it was written: only the field it is for can
 * tell what becomes of it.
 */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/**
 * The largest float, where a number is nearest to that: written with the nine digits that tell floats apart, as other
 * languages do (`3.4028235e38`), it is more than itself.
 */
export function floatOf(value: number): number {
  const float = Math.fround(value);
  return Math.abs(float) === LARGEST_FLOAT ? float : value;
}

const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;

const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** No integer that a field can hold has more. */
const DIGITS_MAX = 20;

/** A decimal as JSON writes it, except that zeros may lead. */
export function isDecimal(text: string): boolean {
  return decimalPattern.test(text);
}

/**
 * The integer that a decimal stands for (`12`, `1.50e1`), without rounding; undefined when it is none, or has more
 * digits than any field can hold.
 */
export function exactInteger(text: string): string | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  // Not by a pattern: one that ends in `0+$` looks at a long run of zeros again from each of them.
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  const significant = digits.slice(0, end);
  const zeros = digits.length - significant.length - fraction.length + Number(exponent);
  if (zeros < 0 || significant.length + zeros > DIGITS_MAX) return undefined;
  return sign + significant + '0'.repeat(zeros);
}
