/**
 * Controls that a terminal obeys instead of showing: C0, including the escape that begins sequences; DEL; C1; and the
 * marks that change text direction. Also line and paragraph separators, which some programs treat as line ends, and
 * lone surrogates, which no encoding can represent.
 */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Surrogate}]/gu;

/** Text from data, for one line of a terminal: characters that are not visible are escaped, as `\u001b`. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** The same for text of several lines, keeping line ends and tabs. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (control) =>
    control === '\n' || control === '\t' ? control : escaped(control),
  );
}

/** JSON on one line without anything that a terminal obeys; the content is the same. */
export function printableJson(value: unknown): string {
  // Outside of strings there are no such characters.
  return oneLine(JSON.stringify(value));
}

/** Whether a text is displayed as it is. */
export function isPlain(text: string): boolean {
  return oneLine(text) === text;
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
