/**
 * A number of a JSON text that a double may not hold exactly, kept as written: only the field it is for decides how to
 * read it.
 */
export class ExactNumber {
  constructor(readonly text: string) {}
}

/**
 * The largest float, for a number that rounds to it. Written with the nine digits that tell floats apart, as other
 * languages do (`3.4028235e38`), it exceeds itself.
 */
export function floatOf(value: number): number {
  const float = Math.fround(value);
  return Math.abs(float) === LARGEST_FLOAT ? float : value;
}

const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;

const decimalPattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** No integer that fits a field has more. */
const DIGITS_MAX = 20;

/** A decimal as JSON writes it, except that leading zeros are allowed. */
export function isDecimal(text: string): boolean {
  return decimalPattern.test(text);
}

/**
 * The integer that a decimal represents (`12`, `1.50e1`), without rounding; undefined if it is not an integer, or has
 * more digits than any field can hold.
 */
export function exactInteger(text: string): string | undefined {
  const match = decimalPattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  // Not with a pattern: one that ends in `0+$` rescans a long run of zeros from each of them.
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  const significant = digits.slice(0, end);
  const zeros = digits.length - significant.length - fraction.length + Number(exponent);
  if (zeros < 0 || significant.length + zeros > DIGITS_MAX) return undefined;
  return sign + significant + '0'.repeat(zeros);
}
