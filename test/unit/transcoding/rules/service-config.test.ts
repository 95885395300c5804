import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { HttpSchema } from '../../../../src/gen/google/api/http_pb.js';
import type { Transcoder } from '../../../../src/transcoding/index.js';
import { LibraryService } from '../../../gen/transcoding/v1/library_service_pb.js';
import { mount } from '../clients.js';
import { type RuleInit, transcoder } from '../support.js';

const service = 'transcoding.v1.LibraryService';
const get = (selector: string, path: string): RuleInit => ({
  selector,
  pattern: { case: 'get', value: path },
});
const withRules = (rules: RuleInit[], fullyDecodeReservedExpansion = false): Transcoder =>
  transcoder({ serviceConfig: create(HttpSchema, { rules, fullyDecodeReservedExpansion }) });

const eachOwn = LibraryService.methods.map((m) => get(`${service}.${m.name}`, `/${m.localName}`));

describe('rules of a service configuration', () => {
  it.each<[string, RuleInit[], string[]]>([
    ['replace those of the proto', [get(`${service}.GetBook`, '/v2/{isbn}')], ['GET /v2/{isbn}']],
    ['the last one wins', [get(`${service}.GetBook`, '/a'), get(`${service}.GetBook`, '/b')], ['GET /b']],
    [
      'with bindings of their own',
      [{ ...get(`${service}.GetBook`, '/a'), additionalBindings: [get('', '/b')] }],
      ['GET /a', 'GET /b'],
    ],
    ['several names', [get(`none.Such,  ${service}.GetBook`, '/a')], ['GET /a']],
    ['none: a method without a route', [{ selector: `${service}.GetBook` }], []],
  ])('%s', (_, rules, expected) => {
    const { routes } = withRules(rules);
    expect(
      routes.filter((r) => r.rpc === `${service}.GetBook`).map((r) => `${r.method} ${r.template}`),
    ).toEqual(expected);
  });

  it('a pattern selects all below a name, and all there is', () => {
    for (const selector of ['*', 'transcoding.*', 'transcoding.v1.*', `${service}.*`]) {
      // Every method has the same route then.
      expect(() => withRules([get(selector, '/a')])).toThrow(`matches the same paths as "/a"`);
      expect(withRules([get(selector, '/a'), ...eachOwn]).routes).toHaveLength(eachOwn.length);
    }
  });

  it('give a method a route that has none in the proto', () => {
    expect(withRules([get(`${service}.Unbound`, '/unbound')]).matches('/unbound')).toBe(true);
  });

  it.each([
    [`${service}.GetBok`],
    [`${service}`],
    [`${service}.Get*`],
    ['transcoding.v1'],
    ['*.GetBook'],
    ['transcoding.v2.*'],
    [''],
  ])('%s selects no method, which is a problem', (selector) => {
    expect(() => withRules([get(selector, '/a')])).toThrow(
      `service configuration, rule 1: "${selector}" selects no method`,
    );
  });

  it('their problems are found as those of the proto are', () => {
    expect(() => withRules([get(`${service}.GetBook`, '/{nope}')])).toThrow('column 3');
  });

  it.each([
    [false, '/v1/files/a%2Fb', 'a%2Fb'],
    [false, '/v1/files/a%2Fb/c%2fd', 'a%2Fb/c%2fd'],
    [false, '/v1/files/%21%40/c%3F', '!@/c?'],
    [true, '/v1/files/a%2Fb', 'a%2Fb'],
    [true, '/v1/files/a%2Fb/c%2fd', 'a/b/c/d'],
    [true, '/v1/files/%21%40/c%3F', '!@/c?'],
  ])('fully_decode_reserved_expansion %s: %s → %s', async (fully, path, expected) => {
    const client = await mount('HTTP/1.1', withRules([], fully));
    const { text } = await client.ask(path);
    await client.close();
    expect(JSON.parse(text)).toEqual({ rpc: 'ReadFile', request: { path: expected } });
  });
});
