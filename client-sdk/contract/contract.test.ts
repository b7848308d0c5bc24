import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as contract from './index.ts'

const ADVICE = `The wire has changed. Look at the difference before you accept it:
* Only added (a command, an event type, an optional field of an input, a field of an output or of an event's part, an error
  code, a value of an output's enum)? Old clients ignore it. Leave PROTOCOL_VERSION as it is.
* Anything that an old client sends, or relies on, is gone, renamed, narrower or means something else (a required field in an
  input, a field taken out of an output, another type, a smaller limit, another status or retryable, a right taken away)?
  Raise PROTOCOL_VERSION in client-sdk/contract/version.ts; and LOWEST_PROTOCOL_VERSION once the server cannot speak the old one.
* A field of a stored event was changed, or moved between \`deal\` and \`personal\`? Do not: give the event type a new \`version\`
  (or a new name), and keep reading the old one. The log keeps its events for ever.
Then: npx vitest run client-sdk/contract/contract.test.ts -u`

const shapes = Object.entries<unknown>(contract).flatMap(([name, it]) => (it instanceof z.ZodType ? [[name, it] as const] : []))
const nameOf = new Map(shapes.map(([name, shape]) => [shape, name]))
/** Long, and everywhere: written out once. */
const patterns = { '<uuid>': z.toJSONSchema(z.uuid()).pattern, '<instant>': z.toJSONSchema(contract.Instant).pattern }

/** As JSON Schema; `input` as a client may write it, `output` as it is read. What has no JSON Schema shows as {}. */
function schema(of: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' })
  const alias = (value: unknown) => Object.entries(patterns).find(([, pattern]) => pattern === value)?.[0]
  // Words about a field are not of the wire.
  const kept = (key: string, value: unknown) => (key === 'description' && typeof value === 'string' ? undefined : (alias(value) ?? value))
  return JSON.parse(JSON.stringify(rest, kept)) as object
}
const map = <T, R>(record: Record<string, T>, to: (value: T) => R) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]))
const both = (of: z.ZodType) => ({ input: schema(of, 'input'), output: schema(of, 'output') })
const part = (of: z.ZodType | null) => of && schema(of, 'output')
const named = (of: z.ZodType, io: 'input' | 'output') => nameOf.get(of) ?? schema(of, io)

/** All that goes over a wire or is kept for ever. */
const wire = {
  PROTOCOL_VERSION: contract.PROTOCOL_VERSION,
  LOWEST_PROTOCOL_VERSION: contract.LOWEST_PROTOCOL_VERSION,
  commands: map<contract.CommandDef, unknown>(contract.commands, ({ allow, input, output }) => ({
    allow,
    input: named(input, 'input'),
    output: named(output, 'output'),
  })),
  whispers: map<z.ZodType, unknown>(contract.whispers, (whisper) => schema(whisper, 'output')),
  events: map<contract.EventDef, unknown>(contract.events, ({ version, ...parts }) => ({
    version,
    deal: part(parts.deal),
    personal: part(parts.personal),
  })),
  errors: contract.errors,
  permissions: { room: contract.roomRules, platform: contract.platformRules },
  // What JSON Schema does not say.
  text: map(
    { a: 'a', blank: ' \n', empty: '', nul: 'a\0', loneSurrogate: 'a\ud800', emoji: '🦜', longest: '12345678', tooLong: '123456789' },
    (s) => contract.text(8).safeParse(s).success,
  ),
  ids: { PLATFORM: contract.PLATFORM, SYSTEM: contract.SYSTEM },
  patterns,
  // REST's too.
  shapes: map<z.ZodType, unknown>(Object.fromEntries(shapes), both),
}

/** JSON in which whatever fits on a line is on a line, so that a change shows where it is. */
function print(value: unknown, indent = ''): string {
  const line = JSON.stringify(value)
  if (line.length + indent.length <= 140 || typeof value !== 'object' || value === null) return line
  const deeper = `${indent}  `
  if (Array.isArray(value)) return `[\n${value.map((item) => deeper + print(item, deeper)).join(',\n')}\n${indent}]`
  const members = Object.entries(value).map(([key, member]) => `${deeper}${JSON.stringify(key)}: ${print(member, deeper)}`)
  return `{\n${members.join(',\n')}\n${indent}}`
}

test('the wire is as it was committed', async () => {
  const file = join(import.meta.dirname, 'contract.snap')
  expect(existsSync(file), 'the snapshot is gone: bring it back from git').toBe(true)
  await expect(`${print(wire)}\n`, ADVICE).toMatchFileSnapshot(file)
})

test('a field is in one part of an event only, so that what can be erased is in no other place', () => {
  for (const [name, { deal, personal }] of Object.entries<contract.EventDef>(contract.events)) {
    const fields = deal === null ? {} : (deal instanceof z.ZodNullable ? deal.unwrap() : deal).shape
    const shared = Object.keys(fields).filter((field) => field in (personal?.shape ?? {}))
    expect([name, shared]).toEqual([name, []])
  }
})

test('every command that writes carries an id of its own, and strips what it does not know', () => {
  /** What writes nothing, and what says where things stand: the same again is the same. */
  const reading = [
    'room.join',
    'room.sync',
    'room.leave',
    'session.renew',
    'presence.query',
    'presence.update',
    'room.typing',
    'room.read',
    'room.mute',
    'campaign.save',
    'campaign.redeem',
  ]
  for (const [name, { input }] of Object.entries(contract.commands)) {
    expect([name, 'commandId' in input.shape]).toEqual([name, !reading.includes(name)])
    expect([name, schema(input, 'input')]).not.toMatchObject([name, { additionalProperties: false }])
  }
})
