/** Texts of the document from comments of the protos. */

export interface Text {
  /** The first sentence, without its full stop. */
  readonly summary: string;
  /** What follows it; empty when nothing does. */
  readonly description: string;
}

/** A comment as Markdown: lines of a paragraph joined, lists kept. */
export function commentText(leading: string | undefined): string {
  return (leading ?? '')
    .split(/\n\s*\n/)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .reduce(
          (text, line) =>
            text === '' ? line : `${text}${/^(?:[-*]|\d+\.) /.test(line) ? '\n' : ' '}${line}`,
          '',
        ),
    )
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** Cuts after the first sentence: a full stop before white space, outside of code. */
export function splitSentence(text: string): Text {
  const sentence = /^(?:`[^`]*`|[^`])*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
  return { summary: sentence.replace(/\.$/, ''), description: text.slice(sentence.length).trim() };
}

/** For places that do not show Markdown. */
export function withoutCode(text: string): string {
  return text.replaceAll('`', '');
}

/** Field names as JSON spells them; other words, reasons and permissions among them, stay. */
export function inJsonSpelling(text: string, jsonNames: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b/g, (word) => jsonNames.get(word) ?? word);
}

/**
 * A comment without what it says for doors other than REST: `BadRequest (REST: \`errors\`)`, `absent (null on REST)`,
 * `On REST, taken from the path.`
 */
export function forRest(text: string): string {
  return text
    .replaceAll(/\w+ \(REST: ([^)]+)\)/g, '$1')
    .replaceAll('absent (null on REST)', 'null')
    .replaceAll(/ ?On REST, (?:taken from the path|the body)[^.]*\./g, '')
    .replaceAll(/\bOn REST, (\w)/g, (_, first: string) => first.toUpperCase())
    .trim();
}
