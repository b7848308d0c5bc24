import { z } from 'zod'
import { descriptions } from '../../client-sdk/contract/descriptions.ts'
import {
  ActorKey,
  type CommandName,
  commands,
  EDITS_MAX,
  EMOJI_MAX,
  type ErrorCode,
  EventId,
  type EventName,
  errors,
  events,
  type Handshake,
  Instant,
  LOWEST_PROTOCOL_VERSION,
  PINS_MAX,
  PROTOCOL_VERSION,
  REACTIONS_MAX,
  RoomId,
  Seq,
  SMALL_ROOM,
  whispers,
  whoMay,
} from '../../client-sdk/contract/index.ts'
import { MESSAGE_MAX } from '../../client-sdk/contract/text.ts'
import { example } from '../docs/example.ts'
import { ref, type Schema, schemas } from '../docs/schemas.ts'
import { failuresOf } from './failures.ts'

export type Message = { name: string; title: string; summary: string; payload: Schema; examples: { payload: unknown }[] }
type Ref = { $ref: string }
export type Operation = {
  action: 'send' | 'receive'
  title: string
  summary: string
  channel: Ref
  messages: Ref[]
  reply?: { channel: Ref; messages: Ref[] }
  'x-parley-allow'?: string
  'x-parley-roles'?: unknown
  'x-parley-errors'?: ErrorCode[]
}
export type Document = ReturnType<typeof asyncApi>

/** Facts of no room, which no client is sent. */
const isElsewhere = (name: EventName) => /^(session|membership|person|profile|brand|catalogue)\./.test(name)
const CHANNEL = { $ref: '#/channels/socket' }
const names = <T extends object>(record: T) => Object.keys(record) as (keyof T & string)[]

const HandshakeShape = z.object({
  token: z.string().min(1).max(4_096).describe('An access token'),
  sdk: z.string().max(64).describe('The SDK’s version'),
  protocol: z.int().min(LOWEST_PROTOCOL_VERSION).max(PROTOCOL_VERSION).describe('The protocol’s version'),
}) satisfies z.ZodType<Handshake>
const Failure = z.object({
  code: z.enum(names(errors)).describe('For programs; never changes meaning'),
  message: z.string().describe('For people'),
  retryable: z.boolean().describe('Whether the same again may succeed'),
  requestId: z.string(),
  retryAfter: z.number().optional().describe('In seconds: before, the same again fails again'),
})

/** AsyncAPI 3 of this server's sockets, seen from the server: it receives commands and sends events. Made from the contract alone. */
export function asyncApi(publicUrl: string) {
  const inRooms = names(events).filter((name) => !isElsewhere(name))
  const WireEnvelope = { oneOf: inRooms.map(ref), discriminator: 'type', description: 'A fact of a room, told apart by its type.' }
  const { shared, of } = schemas({ WireEnvelope })
  shared.Handshake = of(HandshakeShape, 'input')
  shared.Error = of(Failure)
  for (const name of names(events)) shared[name] = eventSchema(name, of)

  const messages: Record<string, Message> = {}
  const say = (key: string, name: string, summary: string, payload: Schema): Ref => {
    messages[key] = { name, title: name, summary, payload, examples: [{ payload: example(payload, shared) }] }
    return { $ref: `#/channels/socket/messages/${key}` }
  }
  const operations: Record<string, Operation> = {}
  for (const name of names(commands)) operations[name] = command(name, of, say)
  const told: Record<string, [string, Schema]> = {
    'room.event': [descriptions.said['room.event'], { type: 'array', minItems: 1, items: ref('WireEnvelope') }],
    'room.closed': [descriptions.said['room.closed'], of(z.object({ roomId: RoomId }))],
    'session.ending': [descriptions.said['session.ending'], ref('Error')],
  }
  for (const name of names(whispers)) told[name] = [descriptions.whispers[name], of(whispers[name])]
  for (const [name, [summary, payload]] of Object.entries(told)) {
    const message = say(`said.${name}`, name, summary, payload)
    operations[`say.${name}`] = { action: 'send', title: name, summary, channel: CHANNEL, messages: [message] }
  }

  const { host, protocol, pathname } = new URL(publicUrl)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley',
      version: String(PROTOCOL_VERSION),
      description: ABOUT,
      'x-parley-lowest-protocol': LOWEST_PROTOCOL_VERSION,
      'x-parley-limits': {
        messageUtf16Units: MESSAGE_MAX,
        emojiPerMessage: EMOJI_MAX,
        reactionsPerMessage: REACTIONS_MAX,
        editsPerMessage: EDITS_MAX,
        pinsPerRoom: PINS_MAX,
        smallRoomMembers: SMALL_ROOM,
      },
      'x-parley-error-codes': errors,
    },
    defaultContentType: 'application/json',
    servers: {
      hub: {
        host,
        pathname: `${pathname.replace(/\/$/, '')}/socket.io`,
        protocol: protocol === 'https:' ? 'wss' : 'ws',
        description: 'Socket.IO 4, WebSocket only. A refusal arrives as connect_error, with the error in `data`.',
        security: [{ $ref: '#/components/securitySchemes/session' }],
        'x-parley-handshake': ref('Handshake'),
      },
    },
    channels: {
      socket: {
        address: '/',
        title: 'A socket',
        description: 'The name space of Socket.IO. A message’s name is the event that is emitted; its payload is the first argument.',
        servers: [{ $ref: '#/servers/hub' }],
        messages: Object.fromEntries(Object.keys(messages).map((key) => [key, { $ref: `#/components/messages/${key}` }])),
      },
    },
    operations,
    components: {
      messages,
      schemas: shared,
      securitySchemes: {
        session: { type: 'apiKey', in: 'password', description: 'An access token, as `token` of the handshake’s auth payload.' },
      },
    },
  }
}

const ABOUT =
  'What goes over a socket. A client emits a command with its input and an acknowledgement function, which is called with ' +
  '`{ok: true, data}` or `{ok: false, error}`. Additions do not raise the version: ignore what you do not know.'

type Of = (type: z.ZodType, io?: 'input' | 'output') => Schema
type Say = (key: string, name: string, summary: string, payload: Schema) => Ref

function command(name: CommandName, of: Of, say: Say): Operation {
  const { input, output, allow } = commands[name]
  const summary = descriptions.commands[name]
  const codes = failuresOf(name)
  const good = { type: 'object', properties: { ok: { const: true }, data: of(output) }, required: ['ok', 'data'] }
  const error = { allOf: [ref('Error'), { type: 'object', properties: { code: { enum: codes } } }] }
  const bad = { type: 'object', properties: { ok: { const: false }, error }, required: ['ok', 'error'] }
  return {
    action: 'receive',
    title: name,
    summary,
    channel: CHANNEL,
    messages: [say(name, name, summary, of(input, 'input'))],
    reply: { channel: CHANNEL, messages: [say(`${name}.reply`, name, `The answer to ${name}.`, { oneOf: [good, bad] })] },
    'x-parley-allow': allow,
    'x-parley-roles': whoMay(allow),
    'x-parley-errors': codes,
  }
}

function eventSchema(name: EventName, of: Of): Schema {
  const { version, deal, personal } = events[name]
  const personalPart = personal ? { anyOf: [of(personal), { type: 'null' }], description: 'Null once erased.' } : { type: 'null' }
  const data = { deal: deal ? of(deal) : { type: 'null' }, personal: personalPart }
  const properties = {
    roomId: of(RoomId),
    seq: of(Seq),
    id: of(EventId),
    type: { const: name },
    version: { type: 'integer', const: version },
    actor: of(ActorKey),
    at: of(Instant),
    data: { type: 'object', properties: data, required: Object.keys(data) },
  }
  const description = isElsewhere(name)
    ? `${descriptions.events[name]} On a stream that is no room’s, sent to no client.`
    : descriptions.events[name]
  return { type: 'object', description, properties, required: Object.keys(properties) }
}
