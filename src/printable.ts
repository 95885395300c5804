/**
 * Controls that a terminal obeys instead of showing: C0 with the escape that begins sequences, DEL, C1, and the marks
 * that turn the direction of what follows. Line and paragraph separators, which some take for the end of a line; and
 * halves of characters, which no encoding has.
 */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Surrogate}]/gu;

/** Text from data as one line of a terminal shows it: what is no character to be seen is written out, as `\u001b`. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** The same for text of several lines, whose own line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (control) =>
    control === '\n' || control === '\t' ? control : escaped(control),
  );
}

/** JSON on one line that holds nothing a terminal obeys; what it says is the same. */
export function printableJson(value: unknown): string {
  // Outside of strings there is none of these.
  return oneLine(JSON.stringify(value));
}

/** Whether a text shows as what it is. */
export function isPlain(text: string): boolean {
  return oneLine(text) === text;
}

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
