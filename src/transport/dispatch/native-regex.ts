/**
 * The validator's own RE2 protects from hostile patterns. Here, all patterns come from our protos, and the native
 * engine shortens a validation from 11.6 µs to 1.0 µs.
 */
export function nativeRegexMatch(): (pattern: string, against: string) => boolean {
  const compiled = new Map<string, RegExp>();
  return (pattern, against) => {
    let regex = compiled.get(pattern);
    if (regex === undefined) {
      regex = new RegExp(pattern, 'u');
      compiled.set(pattern, regex);
    }
    return regex.test(against);
  };
}
