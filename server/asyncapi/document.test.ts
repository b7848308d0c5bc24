import specification from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' }
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { descriptions } from '../../client-sdk/contract/descriptions.ts'
import { commands, errors, events, WireEnvelope, whispers } from '../../client-sdk/contract/index.ts'
import { asyncApi } from './document.ts'

const document = asyncApi('https://parley.example.com/chat')
const { messages, schemas } = document.components
const names = [...Object.keys(commands), ...Object.keys(events), ...Object.keys(whispers)]
/** As it goes over the wire. */
const sent = JSON.parse(JSON.stringify(document)) as Record<string, unknown>

test('it is AsyncAPI 3.0.0 by the official schema', () => {
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
  const validate = ajv.compile(specification)
  expect(validate(sent) ? [] : validate.errors).toEqual([])
  expect(validate({ ...sent, operations: { x: { action: 'shout' } } })).toBe(false)
})

test('every reference leads somewhere', () => {
  const refs = new Set<string>()
  JSON.stringify(sent, (key, value) => {
    if (key === '$ref') refs.add(value as string)
    return value
  })
  expect(refs.size).toBeGreaterThan(names.length)
  const broken = [...refs].filter(
    (ref) =>
      ref
        .split('/')
        .slice(1)
        .reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], sent) === undefined,
  )
  expect(broken).toEqual([])
})

test.each(Object.entries(commands))('%s has its schemas, rule, errors and a reply that is an answer or an error', (name, { allow }) => {
  const operation = document.operations[name]!
  expect(operation).toMatchObject({ action: 'receive', 'x-parley-allow': allow, summary: expect.stringMatching(/\w+ .+\.$/) })
  expect(Object.keys(errors)).toEqual(expect.arrayContaining(operation['x-parley-errors']!))
  expect(messages[`${name}.reply`]!.payload.oneOf).toMatchObject([
    { properties: { ok: { const: true } } },
    { properties: { ok: { const: false }, error: { allOf: [{}, { properties: { code: { enum: operation['x-parley-errors'] } } }] } } },
  ])
})

test.each(Object.entries(commands))('the examples of %s are what the contract takes and gives', (name, { input, output }) => {
  expect(input.safeParse(messages[name]!.examples[0]!.payload).error).toBeUndefined()
  const { ok, data } = messages[`${name}.reply`]!.examples[0]!.payload as { ok: boolean; data: unknown }
  expect([ok, output.safeParse(data).error]).toEqual([true, undefined])
})

test('every event has a schema of its own, told apart by its type, and those of rooms are what room.event carries', () => {
  const { oneOf, discriminator } = schemas.WireEnvelope as { oneOf: { $ref: string }[]; discriminator: string }
  const carried = oneOf.map(({ $ref }) => $ref.split('/').at(-1)!)
  expect(discriminator).toBe('type')
  for (const name of Object.keys(events)) expect(schemas[name]).toMatchObject({ properties: { type: { const: name } } })
  expect(carried).toEqual(Object.keys(events).filter((name) => !/^(session|membership|person|profile|brand|catalogue)\./.test(name)))
  const [example] = messages['said.room.event']!.examples[0]!.payload as unknown[]
  expect(WireEnvelope.safeParse(example).error).toBeUndefined()
})

test('every whisper has a message, whose example the contract takes', () => {
  for (const [name, whisper] of Object.entries(whispers)) {
    expect(document.operations[`say.${name}`]).toMatchObject({ action: 'send', summary: expect.stringMatching(/\.$/) })
    expect([name, whisper.safeParse(messages[`said.${name}`]!.examples[0]!.payload).error]).toEqual([name, undefined])
  }
  for (const name of ['room.event', 'room.closed', 'session.ending']) expect(document.operations[`say.${name}`]!.action).toBe('send')
})

test('every example is what its own schema says', () => {
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
  ajv.addSchema({ $id: 'doc:', components: { schemas: JSON.parse(JSON.stringify(schemas).replaceAll('"discriminator":"type",', '')) } })
  const absolute = (payload: unknown) => JSON.parse(JSON.stringify(payload).replaceAll('"#/', '"doc:#/'))
  for (const [key, { payload, examples }] of Object.entries(messages)) {
    const validate = ajv.compile(absolute(payload))
    expect([key, validate(examples[0]!.payload) ? [] : validate.errors]).toEqual([key, []])
  }
})

test('nothing has two lines of description, and each has its own', () => {
  const lines = Object.values(descriptions).flatMap((group) => Object.values<string>(group))
  expect(lines.filter((line) => line.trim() === '' || line.includes('\n'))).toEqual([])
  expect(new Set(lines).size).toBe(lines.length)
})

test('the server is where the public address says', () => {
  expect(document.servers.hub).toMatchObject({ host: 'parley.example.com', pathname: '/chat/socket.io', protocol: 'wss' })
  expect(asyncApi('http://127.0.0.1:3000').servers.hub).toMatchObject({ host: '127.0.0.1:3000', pathname: '/socket.io', protocol: 'ws' })
})
