import { eventId } from '../contract/chain.ts'
import type { Envelope } from '../contract/events.ts'
import type { ActorKey, CommandId, EventId } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { RoomState } from '../contract/reduce.ts'
import type { RoomSettings } from '../contract/rooms/schema.ts'
import { digest } from './digest.ts'

/** A message by its seq, or, while it is itself on its way, by the command that sends it. */
export type Target = number | CommandId
type OnMessage = { readonly message: Target }
/** What may wait for its turn, and what each needs besides its room and its command id. */
export type Orders = {
  'chat.send': { readonly text: string; readonly replyTo?: Target }
  'chat.edit': OnMessage & { readonly text: string }
  'chat.delete': OnMessage
  'chat.react': OnMessage & { readonly emoji: string }
  'chat.unreact': OnMessage & { readonly emoji: string }
  'chat.pin': OnMessage
  'chat.unpin': OnMessage
  'room.configure': Partial<RoomSettings>
}
export type OrderName = keyof Orders

/**
 * One command on its way, as plain data. `eventId` is that of the event which it will be (of a send, the message's id too), known
 * once we know who we are in the room. `sending`: its outcome is open. `sent`: acknowledged with `place`, and its event
 * has not come yet.
 */
export type Pending<N extends OrderName = OrderName> = {
  [K in N]: {
    readonly commandId: CommandId
    readonly name: K
    readonly input: Orders[K]
    readonly at: string
    readonly eventId: EventId | null
    readonly stage: 'queued' | 'sending' | 'sent'
    readonly place: Output<K> | null
  }
}[N]
/** What one room has still to do or to see done, in the order in which it was ordered. */
export type Outbox = readonly Pending[]
/** Where each command that is done came to stand. */
export type Done = ReadonlyMap<CommandId, Place>
type Place = Output<OrderName>

export type Order = { [K in OrderName]: Pick<Pending<K>, 'commandId' | 'name' | 'input' | 'at'> }[OrderName]
/** Null where `limit` commands wait already. */
export function queued(outbox: Outbox, limit: number, order: Order, me: ActorKey | null): Outbox | null {
  if (outbox.length >= limit) return null
  const pending = { ...order, eventId: me && eventOf(order.commandId, me), stage: 'queued', place: null } as Pending
  const sent = outbox.flatMap(({ commandId, place }): [CommandId, Place][] => (place ? [[commandId, place]] : []))
  return [...outbox, ...pointed([pending], sent)]
}

/** With commands of an earlier visit, or of another tab, each in the place of its time. */
export function joinedBy(outbox: Outbox, commands: readonly Order[], me: ActorKey | null): Outbox {
  const known = new Set(outbox.map(({ commandId }) => commandId))
  const others = commands
    .filter(({ commandId }) => !known.has(commandId))
    .map((order) => ({ ...order, eventId: me && eventOf(order.commandId, me), stage: 'queued', place: null }) as Pending)
  const isBefore = (a: Pending, b: Pending) => a.at < b.at || (a.at === b.at && a.commandId < b.commandId)
  return [...outbox, ...others].sort((a, b) => (isBefore(a, b) ? -1 : 1))
}

/** A command's first event; what a send sends is called the same. */
export const eventOf = (commandId: CommandId, me: ActorKey): EventId => eventId(digest, commandId, me, 0)

export const identified = (outbox: Outbox, me: ActorKey): Outbox =>
  outbox.map((pending) => ({ ...pending, eventId: eventOf(pending.commandId, me) }))

/** The one whose turn it is. Only one is under way at a time: the hub promises no order among those of one socket. */
export const nextInTurn = (outbox: Outbox): Pending | undefined => outbox.find(({ stage }) => stage !== 'sent')

export const sending = (outbox: Outbox, commandId: CommandId): Outbox => changed(outbox, commandId, { stage: 'sending' })
export const acknowledged = (outbox: Outbox, commandId: CommandId, place: Place): Outbox =>
  pointed(changed(outbox, commandId, { stage: 'sent', place, ...('messageId' in place && { eventId: place.messageId }) }), [
    [commandId, place],
  ])
/** Back in its place in the queue: it may or may not have arrived, so it goes again under the same command id. */
export const interrupted = (outbox: Outbox): Outbox =>
  outbox.map((pending) => (pending.stage === 'sending' ? { ...pending, stage: 'queued' } : pending))

/** Takes a command out, and with it those that wait for the message which it would have sent. */
export function without(outbox: Outbox, commandId: CommandId): { outbox: Outbox; gone: ReadonlySet<CommandId> } {
  const gone = new Set([commandId])
  const rest = outbox.filter((pending) => {
    const isGone = gone.has(pending.commandId) || targets.some((name) => gone.has(targetOf(pending, name) as CommandId))
    if (isGone) gone.add(pending.commandId)
    return !isGone
  })
  return { outbox: rest, gone }
}

const changed = (outbox: Outbox, commandId: CommandId, change: Partial<Pending>): Outbox =>
  outbox.map((pending) => (pending.commandId === commandId ? ({ ...pending, ...change } as Pending) : pending))

const targets = ['message', 'replyTo'] as const
export const targetOf = ({ input }: Pending, name: (typeof targets)[number]): Target | undefined =>
  (input as { [T in typeof name]?: Target })[name]

/** Whoever waits for a message that has its place now is told its seq. */
function pointed(outbox: Outbox, done: Iterable<[CommandId, Place]>): Outbox {
  const places = new Map<Target | undefined, Place>(done)
  return outbox.map((pending) => {
    const known = targets.flatMap((name) => {
      const place = places.get(targetOf(pending, name))
      return place ? [[name, place.seq]] : []
    })
    return known.length === 0 ? pending : ({ ...pending, input: { ...pending.input, ...Object.fromEntries(known) } } as Pending)
  })
}

/** The outbox without what the room now shows itself, and where that is. `news`: the events that were applied last. */
export function settled(outbox: Outbox, room: RoomState, news: readonly Envelope[]): { outbox: Outbox; done: Done } {
  const done = new Map<CommandId, Place>()
  if (outbox.length === 0) return { outbox, done }
  const waiting = new Map(outbox.flatMap((pending) => (pending.eventId ? [[pending.eventId, pending]] : [])))
  const see = ({ id, seq, at }: { id: EventId; seq: number; at: string }) => {
    const pending = waiting.get(id)
    if (pending) done.set(pending.commandId, pending.name === 'chat.send' ? { messageId: id, seq, at } : { seq })
  }
  room.messages.forEach(see)
  news.forEach(see)
  // Applied, and trimmed or replaced by a snapshot since.
  for (const { commandId, place } of outbox) if (place && place.seq <= room.rev && !done.has(commandId)) done.set(commandId, place)
  if (done.size === 0) return { outbox, done }
  const open = outbox.filter(({ commandId }) => !done.has(commandId))
  return { outbox: pointed(open, done), done }
}
