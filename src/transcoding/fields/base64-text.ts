const pattern = /^([\w+/-]*)(={0,2})$/;

/**
 * Base64 in either alphabet, fully padded or not at all. Decoders accept less strict text, and lose what does not fit.
 */
export function isBase64(text: string): boolean {
  const [, digits = '', padding = ''] = pattern.exec(text) ?? ['', '='];
  const rest = digits.length % 4;
  return rest !== 1 && (padding === '' || rest + padding.length === 4);
}
