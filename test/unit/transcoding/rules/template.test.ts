import { describe, expect, it } from 'vitest';
import type { Template } from '../../../../src/transcoding/rules/template.js';
import { parseTemplate } from '../../../../src/transcoding/rules/template-parser.js';

/** A template with its variables marked: `<name>` for one segment, `<name+>` for several. */
function shape({ segments, variables, verb }: Template): string {
  const texts = segments.map((s) => (s.kind === 'literal' ? s.text : s.kind === 'one' ? '*' : '**'));
  for (const v of variables) {
    const last = Math.min(v.end, segments.length) - 1;
    texts[v.start] = `<${v.fieldPath.join('.')}${v.multiSegment ? '+' : ''}=${texts[v.start]}`;
    texts[last] = `${texts[last]}>`;
  }
  return texts.join('/') + (verb === '' ? '' : `:${verb}`);
}

describe('a template is parsed', () => {
  it.each([
    ['/v1', 'v1'],
    ['/v1/books', 'v1/books'],
    ['/v1.2/a-b_c~d', 'v1.2/a-b_c~d'],
    ['/v1/*', 'v1/*'],
    ['/v1/**', 'v1/**'],
    ['/*/**', '*/**'],
    ['/**', '**'],
    ['/**:verb', '**:verb'],
    ['/v1:verb', 'v1:verb'],
    ['/v1/books:batchGet', 'v1/books:batchGet'],
    ['/{id}', '<id=*>'],
    ['/{id=*}', '<id=*>'],
    ['/{id=**}', '<id+=**>'],
    ['/{id=books}', '<id=books>'],
    ['/{name=shelves/*}', '<name+=shelves/*>'],
    ['/v1/{name=shelves/*/books/*}', 'v1/<name+=shelves/*/books/*>'],
    ['/v1/{name=shelves/**}', 'v1/<name+=shelves/**>'],
    ['/v1/{name=shelves/*}/books/{id}', 'v1/<name+=shelves/*>/books/<id=*>'],
    ['/v1/{a.b.c}', 'v1/<a.b.c=*>'],
    ['/v1/{a.b=x/*}:do', 'v1/<a.b+=x/*>:do'],
    ['/v1/{_a1}', 'v1/<_a1=*>'],
    ['/v1/{a}/{b}/{c}:v', 'v1/<a=*>/<b=*>/<c=*>:v'],
    ['/v1/caf%C3%A9', 'v1/café'],
    ['/v1/a%2Fb', 'v1/a/b'],
    ['/v1/a%3Ab', 'v1/a:b'],
    ["/v1/a@b!$&'()+,;", "v1/a@b!$&'()+,;"],
    ['/v1/books:sort%20all', 'v1/books:sort all'],
  ])('%s', (source, expected) => {
    expect(shape(parseTemplate(source))).toBe(expected);
  });
});

describe('a template is refused, with the column of the culprit', () => {
  it.each([
    ['', 1, 'expected "/", found the end'],
    ['v1', 1, 'expected "/", found "v"'],
    ['/', 2, 'expected a literal, found the end'],
    ['//v1', 2, 'expected a literal, found "/"'],
    ['/v1/', 5, 'expected a literal, found the end'],
    ['/v1//a', 5, 'expected a literal, found "/"'],
    ['/v1?a', 4, 'expected "/", ":" or the end, found "?"'],
    ['/v1/a b', 6, 'expected "/", ":" or the end, found " "'],
    ['/v1/é', 5, 'expected a literal, found "é"'],
    ['/v1/😀', 5, 'expected a literal, found "😀"'],
    ['/v1/%2', 5, 'expected a literal, found "%"'],
    ['/v1/a%zz', 6, 'expected "/", ":" or the end, found "%"'],
    ['/v1/%FF', 5, 'literal is not UTF-8 once percent-decoded'],
    ['/v1/a*', 6, 'expected "/", ":" or the end, found "*"'],
    ['/v1/*a', 6, 'expected "/", ":" or the end, found "a"'],
    ['/v1/***', 7, 'expected "/", ":" or the end, found "*"'],
    ['/v1/**/a', 8, 'nothing but a verb may follow "**"'],
    ['/v1/**/**', 8, 'nothing but a verb may follow "**"'],
    ['/v1/{a=**}/b', 12, 'nothing but a verb may follow "**"'],
    ['/v1/{a=**/b}', 11, 'nothing but a verb may follow "**"'],
    ['/v1/{', 6, 'expected a field name, found the end'],
    ['/v1/{}', 6, 'expected a field name, found "}"'],
    ['/v1/{1a}', 6, 'expected a field name, found "1"'],
    ['/v1/{a', 7, 'expected "}", found the end'],
    ['/v1/{a-b}', 7, 'expected "}", found "-"'],
    ['/v1/{a.}', 8, 'expected a field name, found "}"'],
    ['/v1/{a..b}', 8, 'expected a field name, found "."'],
    ['/v1/{a=}', 8, 'expected a literal, found "}"'],
    ['/v1/{a=/b}', 8, 'expected a literal, found "/"'],
    ['/v1/{a={b}}', 8, 'a variable may not contain another'],
    ['/v1/{a=b/{c}}', 10, 'a variable may not contain another'],
    ['/v1/{a}b', 8, 'expected "/", ":" or the end, found "b"'],
    ['/v1/x{a}', 6, 'expected "/", ":" or the end, found "{"'],
    ['/v1/{a}}', 8, 'expected "/", ":" or the end, found "}"'],
    ['/v1/{a}/{a}', 10, '"a" is bound twice'],
    ['/v1/{a.b}/{c}/{a.b=x/*}', 16, '"a.b" is bound twice'],
    ['/v1:', 5, 'expected a literal, found the end'],
    ['/v1:a:b', 6, 'expected the end, found ":"'],
    ['/v1:a/b', 6, 'expected the end, found "/"'],
    ['/:verb', 2, 'expected a literal, found ":"'],
    ['/v1/{a:b}', 7, 'expected "}", found ":"'],
    ['/v1/a=b', 6, 'expected "/", ":" or the end, found "="'],
  ])('%s', (source, column, message) => {
    expect(() => parseTemplate(source)).toThrow(expect.objectContaining({ column, message }));
  });
});
