import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commands } from '../../client-sdk/contract/index.ts'
import { example } from '../docs/example.ts'
import { rulesOf } from '../route.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { type Document, type Operation, openApi } from './document.ts'

let w: Rest
let document: Document
let operations: { method: string; path: string; operation: Operation }[]
beforeAll(async () => {
  w = await restWorld()
  document = openApi(w.app, 'https://parley.example.com')
  operations = Object.entries(document.paths).flatMap(([path, its]) =>
    Object.entries(its).map(([method, operation]) => ({ method, path, operation })),
  )
})
afterAll(() => w.close())

test('every route is an operation, with its rule, and with a token where that takes one', () => {
  const rules = rulesOf(w.app)
  expect(operations.length).toBe(rules.length)
  for (const { method, path, allow } of rules) {
    const described = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    expect(described).toMatchObject({ 'x-parley-allow': allow, security: allow === 'anyone' ? [] : [{ session: [] }] })
  }
})

test('every operation has an id of its own, a line for people and a tag', () => {
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { operation } of operations) {
    expect(operation.operationId).toMatch(/^[a-z]+\.[a-zA-Z]+$/)
    expect(operation.tags).toEqual([operation.operationId.split('.')[0]])
    expect(operation.summary).toMatch(/^[A-Z].*[.]$/)
  }
})

test('what has a command’s name has its rule', () => {
  const shared = operations.filter(({ operation }) => Object.hasOwn(commands, operation.operationId))
  expect(shared.length).toBeGreaterThan(8)
  for (const { operation } of shared)
    expect([operation.operationId, operation['x-parley-allow']]).toEqual([
      operation.operationId,
      commands[operation.operationId as keyof typeof commands].allow,
    ])
})

test('a change of a version shows that it takes one, and says so by a code of its own where it has none, or none that is right', async () => {
  const versioned = operations.filter(({ operation }) => operation['x-parley-errors'].includes('precondition.required'))
  expect(versioned.length).toBeGreaterThan(4)
  for (const { operation } of versioned)
    expect(operation.parameters.find(({ name }) => name === 'If-Match')).toMatchObject({ in: 'header', required: true })
  const token = await w.token(await w.person('creator'))
  const put = async (headers: Record<string, string>) => (await w.call('PUT', '/api/v1/me/profile', { token, headers, body: {} })).body
  expect(await put({})).toMatchObject({ status: 428, code: 'precondition.required' })
  for (const tag of ['1', 'w/"2"', '*', '"1", "2"'])
    expect(await put({ 'If-Match': tag })).toMatchObject({
      code: 'request.invalid',
      detail: expect.stringContaining('as the ETag has it: "3"'),
    })
})

test('who is not signed in learns which header is missing', async () => {
  const { body } = await w.call('GET', '/api/v1/me')
  expect(body.detail).toBe('Sign in first: Authorization: Bearer <access token>')
})

test('every answer has a description and, but for none, a schema; every failure is a problem', () => {
  for (const { path, operation } of operations) {
    const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
    expect([path, good.length]).toEqual([path, 1])
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect(description).not.toBe('')
      if (status === '204') expect(content).toBeUndefined()
      else expect(Object.values(content!)[0]!.schema).toBeTypeOf('object')
      if (/^4|^500/.test(status))
        expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } })
    }
  }
})

test('every parameter of a path is described as one, and every schema that is named is there', () => {
  for (const { path, operation } of operations) {
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
    expect(inPath.map(({ name }) => `{${name}}`).sort()).toEqual((path.match(/{\w+}/g) ?? []).sort())
    expect(inPath.every(({ required }) => required)).toBe(true)
  }
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
    expect(Object.keys(document.components.schemas)).toContain(name)
})

test('every example of the page is what its own schema says', () => {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))
  ajv.addSchema({ $id: 'doc:', components: { schemas: document.components.schemas } })
  for (const { operation } of operations) {
    const { operationId, requestBody, responses } = operation
    const contents = [requestBody, ...Object.values(responses)].flatMap((it) => it?.content?.['application/json'] ?? [])
    for (const { schema, example: own } of contents) {
      const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc:#/')))
      const sample = own ?? example(schema, document.components.schemas)
      expect([operationId, validate(sample) ? [] : validate.errors]).toEqual([operationId, []])
    }
  }
})

test('the document is served as it is made', async () => {
  const { status, body } = await w.call('GET', '/openapi.json')
  expect([status, body]).toEqual([200, JSON.parse(JSON.stringify(openApi(w.app, 'http://127.0.0.1:3000')))])
})
