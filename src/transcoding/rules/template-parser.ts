import { type Segment, type Template, TemplateError, type Variable } from './template.js';
import { TemplateScanner } from './template-scanner.js';

/**
 * Parses by recursive descent:
 *
 *     Template  = "/" Segments [ ":" LITERAL ] ;
 *     Segments  = Segment { "/" Segment } ;
 *     Segment   = "*" | "**" | LITERAL | Variable ;
 *     Variable  = "{" FieldPath [ "=" Segments ] "}" ;
 *     FieldPath = IDENT { "." IDENT } ;
 *
 * and, from the specification's prose: no variable inside a variable, `**` only as the last segment. A field
 * bound twice is refused as well.
 *
 * @throws TemplateError with the column of the culprit.
 */
export function parseTemplate(source: string): Template {
  return new TemplateParser(source).template();
}

class TemplateParser {
  readonly #scanner: TemplateScanner;
  readonly #segments: Segment[] = [];
  readonly #variables: Variable[] = [];

  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
    this.#scanner = new TemplateScanner(source);
  }

  template(): Template {
    const scanner = this.#scanner;
    scanner.expect('/');
    this.#segmentList(true);
    const verb = scanner.accept(':') ? scanner.literal() : '';
    if (!scanner.atEnd) scanner.fail(verb === '' ? 'expected "/", ":" or the end' : 'expected the end');
    return { source: this.#source, segments: this.#segments, variables: this.#variables, verb };
  }

  #segmentList(variablesAllowed: boolean): void {
    do this.#segment(variablesAllowed);
    while (this.#scanner.accept('/'));
  }

  #segment(variablesAllowed: boolean): void {
    const scanner = this.#scanner;
    const { column } = scanner;
    if (this.#segments.at(-1)?.kind === 'rest') {
      throw new TemplateError('nothing but a verb may follow "**"', column);
    }
    if (scanner.accept('**')) this.#segments.push({ kind: 'rest' });
    else if (scanner.accept('*')) this.#segments.push({ kind: 'one' });
    else if (scanner.accept('{')) {
      if (!variablesAllowed) throw new TemplateError('a variable may not contain another', column);
      this.#variable();
    } else this.#segments.push({ kind: 'literal', text: scanner.literal() });
  }

  #variable(): void {
    const scanner = this.#scanner;
    const { column } = scanner;
    const fieldPath = [scanner.identifier()];
    while (scanner.accept('.')) fieldPath.push(scanner.identifier());
    const name = fieldPath.join('.');
    if (this.#variables.some((v) => v.fieldPath.join('.') === name)) {
      throw new TemplateError(`"${name}" is bound twice`, column);
    }
    const start = this.#segments.length;
    if (scanner.accept('=')) this.#segmentList(false);
    else this.#segments.push({ kind: 'one' });
    if (!scanner.accept('}')) scanner.fail('expected "}"');
    const open = this.#segments.at(-1)?.kind === 'rest';
    const multiSegment = open || this.#segments.length - start > 1;
    this.#variables.push({
      fieldPath,
      column,
      start,
      end: open ? Number.POSITIVE_INFINITY : this.#segments.length,
      multiSegment,
    });
  }
}
