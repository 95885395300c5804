import { describe, expect, it } from 'vitest';
import { capture, readingsOf } from '../../../../src/transcoding/rules/request-path.js';
import { RouteTree } from '../../../../src/transcoding/rules/route-tree.js';
import type { Template } from '../../../../src/transcoding/rules/template.js';
import { parseTemplate } from '../../../../src/transcoding/rules/template-parser.js';

interface Route {
  readonly name: string;
  readonly template: Template;
}

function treeOf(...routes: string[]): RouteTree<Route> {
  const tree = new RouteTree<Route>();
  for (const name of routes) {
    const [method, source] = name.split(' ') as [string, string];
    const template = parseTemplate(source);
    tree.add(method, template, { name, template });
  }
  return tree;
}

/** What a request finds: the route and its captures, or the methods that the path has, or nothing. */
function look(tree: RouteTree<Route>, request: string): string {
  const [method, path] = request.split(' ') as [string, string];
  const readings = readingsOf(path);
  for (const reading of readings) {
    const route = tree.find(method, reading);
    if (route === undefined) continue;
    const captures = route.template.variables.map((v) => `${v.fieldPath.join('.')}=${capture(reading, v)}`);
    return [route.name, ...captures].join(' | ');
  }
  const methods = new Set(readings.flatMap((r) => [...tree.methods(r)]));
  return methods.size === 0 ? 'nothing' : `only ${[...methods].sort().join(', ')}`;
}

describe('matching', () => {
  const tree = treeOf(
    'GET /v1/books',
    'POST /v1/books',
    'GET /v1/books/{id}',
    'DELETE /v1/books/{id}',
    'GET /v1/books/newest',
    'POST /v1/books/import',
    'POST /v1/books/{id}:lend',
    'POST /v1/books:sort',
    'GET /v1/books/{id}/pages/{page}',
    'GET /v1/books/newest/cover',
    'GET /v1/{name=shelves/*/books/*}',
    'GET /v1/files/{path=**}',
    'GET /v1/files/index',
    'GET /v1/files/{path=**}:raw',
    'GET /v1/{kind=tags}/{id}',
    '* /v1/any/{id}',
    'PUT /v1/any/{id}',
    'GET /caf%C3%A9/{id}',
    'GET /v1/{a}/x/{b}',
  );

  it.each([
    ['GET /v1/books', 'GET /v1/books'],
    ['POST /v1/books', 'POST /v1/books'],
    ['PUT /v1/books', 'only GET, POST'],
    ['get /v1/books', 'only GET, POST'],
    ['HEAD /v1/books', 'GET /v1/books'],
    ['HEAD /v1/books/import', 'GET /v1/books/{id} | id=import'],
    ['HEAD /v1/any/5', '* /v1/any/{id} | id=5'],
    ['HEAD /v1/books:sort', 'only POST'],
    ['GET /v1/books/', 'nothing'],
    ['GET /v1//books', 'nothing'],
    ['GET //v1/books', 'nothing'],
    ['GET /V1/books', 'nothing'],
    ['GET /', 'nothing'],
    ['GET /v1', 'nothing'],
    ['GET v1/books', 'nothing'],
    ['GET *', 'nothing'],
    ['GET /v1/books/7', 'GET /v1/books/{id} | id=7'],
    ['GET /v1/books/newest', 'GET /v1/books/newest'],
    ['GET /v1/books/new%65st', 'GET /v1/books/newest'],
    ['GET /v1/books/newest/cover', 'GET /v1/books/newest/cover'],
    ['GET /v1/books/newest/pages/3', 'GET /v1/books/{id}/pages/{page} | id=newest | page=3'],
    ['DELETE /v1/books/newest', 'DELETE /v1/books/{id} | id=newest'],
    ['GET /v1/books/import', 'GET /v1/books/{id} | id=import'],
    ['PATCH /v1/books/import', 'only DELETE, GET, POST'],
    ['POST /v1/books/7', 'only DELETE, GET'],
    ['POST /v1/books/7:lend', 'POST /v1/books/{id}:lend | id=7'],
    ['POST /v1/books/a:b:lend', 'POST /v1/books/{id}:lend | id=a:b'],
    ['POST /v1/books/7%3Alend', 'only DELETE, GET'],
    ['GET /v1/books/7%3Alend', 'GET /v1/books/{id} | id=7:lend'],
    ['GET /v1/books/7:other', 'GET /v1/books/{id} | id=7:other'],
    ['GET /v1/books/7:', 'GET /v1/books/{id} | id=7:'],
    ['POST /v1/books/:lend', 'only DELETE, GET'],
    ['POST /v1/books:sort', 'POST /v1/books:sort'],
    ['GET /v1/books:sort', 'only POST'],
    ['GET /v1/books/a%2Fb', 'GET /v1/books/{id} | id=a/b'],
    ['GET /v1/books/a%20b%25', 'GET /v1/books/{id} | id=a b%'],
    ['GET /v1/books/a+b', 'GET /v1/books/{id} | id=a+b'],
    ['GET /v1/books/%E2%82%AC', 'GET /v1/books/{id} | id=€'],
    ['GET /v1/books/..', 'GET /v1/books/{id} | id=..'],
    ['GET /v1/shelves/1/books/2', 'GET /v1/{name=shelves/*/books/*} | name=shelves/1/books/2'],
    ['GET /v1/shelves/a%2fb/books/c%20d', 'GET /v1/{name=shelves/*/books/*} | name=shelves/a%2fb/books/c d'],
    ['GET /v1/shelves/a%252Fb/books/2', 'GET /v1/{name=shelves/*/books/*} | name=shelves/a%2Fb/books/2'],
    ['GET /v1/shelves//books/2', 'nothing'],
    ['GET /v1/files', 'GET /v1/files/{path=**} | path='],
    ['GET /v1/files/', 'GET /v1/files/{path=**} | path='],
    ['GET /v1/files/a', 'GET /v1/files/{path=**} | path=a'],
    ['GET /v1/files/a/b%2Fc/d', 'GET /v1/files/{path=**} | path=a/b%2Fc/d'],
    ['GET /v1/files/a//b/', 'GET /v1/files/{path=**} | path=a//b/'],
    ['GET /v1/files/index', 'GET /v1/files/index'],
    ['GET /v1/files/index/x', 'GET /v1/files/{path=**} | path=index/x'],
    ['GET /v1/files/a/b:raw', 'GET /v1/files/{path=**}:raw | path=a/b'],
    ['GET /v1/files:raw', 'GET /v1/files/{path=**}:raw | path='],
    ['GET /v1/files/a:b/c', 'GET /v1/files/{path=**} | path=a:b/c'],
    ['GET /v1/tags/5', 'GET /v1/{kind=tags}/{id} | kind=tags | id=5'],
    ['GET /v1/any/5', '* /v1/any/{id} | id=5'],
    ['BREW /v1/any/5', '* /v1/any/{id} | id=5'],
    ['PUT /v1/any/5', 'PUT /v1/any/{id} | id=5'],
    ['GET /caf%C3%A9/1', 'GET /caf%C3%A9/{id} | id=1'],
    ['GET /caf%c3%a9/1', 'GET /caf%C3%A9/{id} | id=1'],
    ['GET /v1/books/x/2', 'GET /v1/{a}/x/{b} | a=books | b=2'],
  ])('%s → %s', (request, expected) => {
    expect(look(tree, request)).toBe(expected);
  });

  it.each([
    '/v1/%',
    '/v1/%2',
    '/v1/%zz',
    '/v1/%FF',
    '/v1/%C3%28',
    '/v1/%ED%A0%80',
    '/v1/%C0%AF',
    '/v1/é',
    '/v1/a b',
  ])('a path that is not percent-encoded UTF-8 is malformed: %s', (path) => {
    expect(() => readingsOf(path)).toThrow('not valid percent-encoded UTF-8');
  });

  it('routes of the same shape and method conflict, even with other variables', () => {
    const rivals = new RouteTree<string>();
    expect(rivals.add('GET', parseTemplate('/v1/{a}'), 'first')).toBeUndefined();
    expect(rivals.add('GET', parseTemplate('/v1/{b=*}'), 'second')).toBe('first');
    expect(rivals.add('PUT', parseTemplate('/v1/{b}'), 'third')).toBeUndefined();
    expect(rivals.add('GET', parseTemplate('/v1/{b}:x'), 'fourth')).toBeUndefined();
    expect(rivals.add('GET', parseTemplate('/v1/{b=**}'), 'fifth')).toBeUndefined();
    expect(rivals.find('GET', readingsOf('/v1/x')[0]!)).toBe('first');
  });

  it('visits the branches of a path, not the routes of the table', () => {
    const many = treeOf(...Array.from({ length: 1000 }, (_, i) => `GET /v1/kind${i}/{id}/do`));
    let looked = 0;
    const [path] = readingsOf('/v1/kind567/7/do');
    const counted = new Proxy(path!.decoded, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) looked += 1;
        return Reflect.get(target, key);
      },
    });
    expect(many.find('GET', { ...path!, decoded: counted })?.name).toBe('GET /v1/kind567/{id}/do');
    expect(looked).toBeLessThanOrEqual(5);
  });
});
