import t from 'tap'
import { createRouter } from '../../src/compile/router.ts'

function routerOf(...templates: string[]) {
  const router = createRouter<string>()
  for (const template of templates) t.ok(router.add('GET', template, template))
  return (path: string) => {
    const match = router.match(path)
    return match && [match.route.template, ...match.values]
  }
}

t.test('literal paths win over templated ones, whatever the order', async (t) => {
  const match = routerOf('/users/{id}', '/users/me', '/{any}/me', '/users/{id}/posts', '/users/me/{what}')
  t.same(match('/users/me'), ['/users/me'])
  t.same(match('/users/7'), ['/users/{id}', '7'])
  t.same(match('/groups/me'), ['/{any}/me', 'groups'])
  t.same(match('/users/me/posts'), ['/users/me/{what}', 'posts'])
  t.same(match('/users/7/posts'), ['/users/{id}/posts', '7'])
})

t.test('a dead end behind a literal falls back to the template beside it', async (t) => {
  const match = routerOf('/a/b/c', '/a/{x}/d')
  t.same(match('/a/b/d'), ['/a/{x}/d', 'b'])
  t.equal(match('/a/b/e'), undefined)
})

t.test('segments may mix text and variables', async (t) => {
  const match = routerOf('/files/{name}.json', '/files/{name}', "/entities('{key}')", '/range/{from}-{to}', '/{a}.{b}.{c}')
  t.same(match('/files/report.json'), ['/files/{name}.json', 'report'])
  t.same(match('/files/report.xml'), ['/files/{name}', 'report.xml'])
  t.same(match("/entities('42')"), ["/entities('{key}')", '42'])
  t.same(match('/entities(%2742%27)'), ["/entities('{key}')", '42'])
  t.same(match('/range/1-2'), ['/range/{from}-{to}', '1', '2'])
  t.same(match('/x.y.z'), ['/{a}.{b}.{c}', 'x', 'y', 'z'])
})

t.test('values stay as they were sent; other slashes do not match', async (t) => {
  const match = routerOf('/users/{id}', '/café', '/')
  t.same(match('/users/a%2Fb%20c'), ['/users/{id}', 'a%2Fb%20c'])
  t.same(match('/caf%C3%A9'), ['/café'])
  t.same(match('/'), ['/'])
  for (const path of ['/users//', '//users/1', '/users/1/', '', '/users/%zz/x', '/USERS/1']) t.equal(match(path), undefined, path)
})

t.test('an empty value matches only where nothing else does', async (t) => {
  const match = routerOf('/users/{id}', '/users/{id}/posts', "/entities('{key}')", '/groups/', '/groups/{id}', '/')
  t.same(match('/users/'), ['/users/{id}', ''])
  t.same(match('/users//posts'), ['/users/{id}/posts', ''])
  t.same(match("/entities('')"), ["/entities('{key}')", ''])
  t.same(match('/groups/'), ['/groups/'])
  t.equal(match('/users'), undefined)
  t.equal(match('//'), undefined)
})

t.test('templates of one shape share a route; a method can be taken once', async (t) => {
  const router = createRouter<number>()
  t.ok(router.add('GET', '/a/{x}', 1))
  t.ok(router.add('POST', '/a/{y}', 2))
  t.notOk(router.add('GET', '/a/{z}', 3))
  t.same([...(router.match('/a/1')?.route.methods.keys() ?? [])], ['GET', 'POST'])
})

t.test('names of Object.prototype are ordinary segments', async (t) => {
  const match = routerOf('/constructor', '/x/{id}')
  t.equal(match('/toString'), undefined)
  t.equal(match('/__proto__'), undefined)
  t.same(match('/x/__proto__'), ['/x/{id}', '__proto__'])
})
