import { eventId } from '../contract/chain.ts'
import type { Changed, MessagePage, Place } from '../contract/chat/schema.ts'
import type { Checkpoint } from '../contract/checkpoint.ts'
import type { ErrorCode, WireError } from '../contract/errors.ts'
import type { Envelope } from '../contract/events.ts'
import type { ActorKey, CommandId, EventId, RoomId } from '../contract/ids.ts'
import type { CommandName, Handshake, Reply } from '../contract/index.ts'
import { emptyRoom, type RoomState, reduce } from '../contract/reduce.ts'
import type { Joined, JoinRoom, Member, Snapshot, Synced } from '../contract/rooms/schema.ts'
import { newId } from '../contract/uuid.ts'
import type { Whisper, WhisperName } from '../contract/whispers.ts'
import { digest } from './digest.ts'
import { types } from './optimism.ts'
import type { OrderName } from './outbox.ts'
import type { OpenSocket, Socket, SocketEvents } from './socket.ts'

export const roomId = '018f0000-0000-7000-8000-00000000000a' as RoomId
export const me = '018f0000-0000-7000-8000-00000000000b' as ActorKey
export const other = '018f0000-0000-7000-8000-00000000000c' as ActorKey
const meMember: Member = { key: me, role: 'creator', since: 0, name: 'Mia' }
export const otherMember: Member = { key: other, role: 'owner', since: 0, name: 'Otto' }

const base64url = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
/** A token with these claims and no signature. */
export const jwt = (claims: object): string => `${base64url('{"alg":"EdDSA"}')}.${base64url(JSON.stringify(claims))}.none`

type Done = { output: Place | Changed; event: Envelope | null }
type Unchanged = { rev: number }
type Said = { text?: string; replyTo?: number; emoji?: string; message?: number; slowMode?: number }

/** A room's log in memory, as the hub would keep it. */
export class FakeLog {
  readonly events: Envelope[] = []
  readonly #outputs = new Map<CommandId, Place | Changed>()

  get head(): number {
    return this.events.length
  }

  /** Somebody else's message. */
  hear(text = `message ${this.head + 1}`): Envelope {
    return this.#append('chat.messageSent', newId<EventId>(), other, { deal: null, personal: { text } })
  }

  /** Ours: sent again, it is the same message in the same place. */
  send(commandId: CommandId, text: string): { place: Place; event: Envelope | null } {
    const { output, event } = this.order('chat.send', commandId, { text }) as Done
    return { place: output as Place, event }
  }

  /** A command as the hub would take it: done once, or refused with a code. */
  order(name: OrderName, commandId: CommandId, input: object, actor = me): Done | ErrorCode {
    const known = this.#outputs.get(commandId)
    if (known) return { output: known, event: null }
    const fact = this.#fact(name, input as Said, actor)
    if (typeof fact === 'string') return fact
    const event = 'rev' in fact ? null : this.#append(types[name], eventId(digest, commandId, actor, 0), actor, fact)
    const output =
      name === 'chat.send' ? { messageId: event!.id, seq: event!.seq, at: event!.at } : { seq: event?.seq ?? (fact as Unchanged).rev }
    this.#outputs.set(commandId, output)
    return { output, event }
  }

  /** What a command comes to; `rev` where it is so already. */
  #fact(name: OrderName, { text, replyTo, emoji, message: seq, ...settings }: Said, actor: ActorKey): object | ErrorCode {
    const room = this.fresh()
    const find = (place: number | undefined) => room.messages.find((m) => m.seq === place)
    const personal = text === undefined ? null : { text }
    if (name === 'room.configure') return { deal: { ...room.settings, ...settings }, personal }
    const message = find(name === 'chat.send' ? replyTo : seq)
    if (!message) return name === 'chat.send' && replyTo === undefined ? { deal: null, personal } : 'resource.notFound'
    if (name === 'chat.send') return { deal: { replyTo, thread: message.thread ?? message.seq }, personal }
    if (name === 'chat.edit' && message.author !== actor) return 'access.denied'
    const pinned = room.pins.includes(message.seq)
    if (message.text === null && ['chat.edit', 'chat.react', 'chat.pin'].includes(name)) return 'message.deleted'
    const reacted = message.reactions.some((r) => r.emoji === emoji && r.by.includes(actor))
    const isSo = {
      'chat.edit': false,
      'chat.delete': message.deleted,
      'chat.react': reacted,
      'chat.unreact': !reacted,
      'chat.pin': pinned,
      'chat.unpin': !pinned,
    }
    if (isSo[name]) return { rev: room.rev }
    return { deal: { message: message.seq, ...(emoji && { emoji }) }, personal }
  }

  /** Erases these seqs, in the log too, and every version of a message with it. */
  erase(named: number[]): Envelope {
    const messageOf = ({ seq, type, data }: Envelope) => (type === 'chat.messageEdited' ? data.deal.message : seq)
    const wanted = new Set(this.events.filter(({ seq }) => named.includes(seq)).map(messageOf))
    const gone = this.events.filter((event) => wanted.has(messageOf(event)))
    for (const event of gone) Object.assign(event, { data: { ...event.data, personal: null } })
    const deal = { seqs: gone.map(({ seq }) => seq), reason: 'moderation' }
    return this.#append('log.erased', newId<EventId>(), other, { deal, personal: null })
  }

  /** The messages that something after this seq has changed. */
  changedAfter(seq: number): Set<number> {
    const later = this.events.slice(seq)
    return new Set(
      later.flatMap(({ type, data }) => (type === 'log.erased' ? data.deal.seqs : Object.values(data.deal ?? {}).filter(Number))),
    )
  }

  /** An event of a type that this SDK has never heard of. */
  unheardOf(): Envelope {
    return this.#append('moon.risen', newId<EventId>(), other, { deal: { full: true }, personal: null })
  }

  /** What the hub itself says of the room. */
  happen(type: string, deal: object, personal: object | null = null): Envelope {
    return this.#append(type, newId<EventId>(), other, { deal, personal })
  }

  #append(type: string, id: EventId, actor: ActorKey, data: object): Envelope {
    const seq = this.head + 1
    const at = new Date(Date.UTC(2026, 0, 1) + seq * 1_000).toISOString()
    const event = { roomId, seq, id, type, version: 1, actor, at, data } as unknown as Envelope
    this.events.push(event)
    return event
  }

  /** The room as it was after this seq, with every message. */
  fresh(seq = this.head): RoomState {
    return this.events.slice(0, seq).reduce(reduce, emptyRoom)
  }

  snapshot(size: number): Snapshot {
    const { rev, title, settings, subject, pins, messages } = this.fresh()
    const newest = messages.slice(-size)
    const members = [meMember, otherMember]
    return { asOf: rev, title, members, settings, subject, pins: [...pins], messages: newest, more: messages.length > size }
  }

  after(seq: number, limit: number): Envelope[] {
    return this.events.slice(seq, seq + limit)
  }

  joined({ after }: Pick<JoinRoom, 'after'>, limits: { events: number; page: number; snapshot: number }): Joined {
    const base = { me: meMember, kind: 'application', head: this.head, checkpoint: null, pastHash: null, ...quiet } as const
    if (after === undefined || this.head - after > limits.events) return { ...base, events: [], snapshot: this.snapshot(limits.snapshot) }
    return { ...base, events: this.after(after, limits.page), snapshot: null }
  }

  synced(after: number, limit: number): Synced {
    return { head: this.head, events: this.after(after, limit) }
  }

  page(before: number | undefined, limit: number): MessagePage {
    const older = this.fresh().messages.filter((m) => m.seq < (before ?? Number.POSITIVE_INFINITY))
    return { asOf: this.head, messages: older.slice(-limit).reverse(), more: older.length > limit, newer: before !== undefined }
  }
}

/** What the network does to one piece of news: after how many ms each copy of it arrives. None: it is lost. */
export type Network = (what: 'request' | 'reply' | 'frame') => number[]
const goodNetwork: Network = () => [1]
export const refusal = (code: WireError['code'], retryable = false): WireError => ({ code, message: code, retryable, requestId: 'r' })

const quiet = { reads: [], presence: { present: [], count: 0 } }

/** A hub of one room whose network can be anything. It counts on fake or real timers alike. */
export class FakeHub {
  readonly log = new FakeLog()
  readonly handshakes: Handshake[] = []
  readonly commands: { name: CommandName; input: object }[] = []
  readonly sockets = new Set<FakeSocket>()
  network: Network = goodNetwork
  /** Who joins. */
  me = meMember
  /** A closed socket still passes on what comes late. */
  leaky = false
  limits = { events: 20, page: 8, snapshot: 10 }
  /** Refuses the handshake. */
  door: (handshake: Handshake) => WireError | null = () => null
  /** Answers instead of the hub. */
  intercept: (name: CommandName, input: object) => Reply<unknown> | null = () => null
  checkpoint: (known: number | undefined) => { checkpoint: Checkpoint | null; pastHash: string | null } = () => ({
    checkpoint: null,
    pastHash: null,
  })
  readonly open: OpenSocket = (_url, _path, handshake) => {
    this.handshakes.push(handshake)
    return new FakeSocket(this, this.door(handshake))
  }

  /** How far we have read, and what that leaves. */
  read = 0
  muted = false
  unread() {
    const { read, muted } = this
    return { read, unread: this.log.fresh().messages.filter(({ seq }) => seq > read).length, mentions: 0, muted }
  }

  /** To every socket, in the room or not, if the network lets it. */
  whisper<W extends WhisperName>(name: W, said: Whisper<W>): void {
    for (const socket of this.sockets)
      for (const ms of this.network('frame')) setTimeout(() => socket.hear(name, [structuredClone(said)]), ms)
  }

  /** Commits, and tells all who are in the room. */
  tell(event: Envelope | null): void {
    if (event) this.#emit('room.event', [event])
  }

  /** Somebody else does something, if it may be done. */
  others(name: OrderName, input: Said): void {
    const done = this.log.order(name, newId<CommandId>(), input, other)
    if (typeof done !== 'string') this.tell(done.event)
  }

  emitEnding(error: WireError): void {
    this.#emit('session.ending', error)
    this.cut()
  }

  remove(): void {
    this.#emit('room.closed', { roomId })
  }

  cut(): void {
    for (const socket of [...this.sockets]) socket.lose()
  }

  /** No reply where it was refused by the network's own silence. */
  answer(socket: FakeSocket, name: CommandName, input: object): Reply<unknown> {
    this.commands.push({ name, input })
    const said = this.intercept(name, input)
    if (said) return said
    if (!(name in types)) return { ok: true, data: this.#do(socket, name, input) }
    const { commandId, roomId: _, ...what } = input as { commandId: CommandId; roomId: RoomId }
    const done = this.log.order(name as OrderName, commandId, what)
    if (typeof done === 'string') return { ok: false, error: refusal(done) }
    this.tell(done.event)
    return { ok: true, data: done.output }
  }

  #do(socket: FakeSocket, name: CommandName, input: object): unknown {
    const { after, limit, known } = input as { after?: number; limit?: number; known?: number }
    switch (name) {
      case 'room.join':
        socket.inRoom = true
        return {
          ...this.log.joined(after === undefined ? {} : { after }, this.limits),
          ...this.checkpoint(known),
          me: this.me,
          reads: [
            { member: me, seq: this.read },
            { member: other, seq: 0 },
          ],
          presence: { present: [{ member: other, away: false }], count: 1 },
        }
      case 'room.sync':
        return this.log.synced(after ?? 0, Math.min(limit ?? 500, this.limits.page))
      case 'room.read':
        this.read = Math.max(this.read, (input as { seq: number }).seq)
        return this.unread()
      case 'room.mute':
        this.muted = (input as { muted: boolean }).muted
        return this.unread()
      case 'presence.query':
        return { people: (input as { members: string[] }).members.map((member) => ({ member, online: true, away: false, lastSeen: null })) }
      default:
        socket.inRoom = name !== 'room.leave' && socket.inRoom
        return {}
    }
  }

  #emit<E extends keyof SocketEvents>(event: E, ...args: Parameters<SocketEvents[E]>): void {
    for (const socket of this.sockets) {
      if (event !== 'session.ending' && !socket.inRoom) continue
      for (const ms of this.network('frame')) setTimeout(() => socket.hear(event, structuredClone(args)), ms)
    }
  }
}

class FakeSocket implements Socket {
  connected = false
  inRoom = false
  readonly #hub: FakeHub
  readonly #listeners = new Map<string, (...args: never[]) => void>()
  #open = true

  constructor(hub: FakeHub, refused: WireError | null) {
    this.#hub = hub
    setTimeout(() => {
      if (!this.#open) return
      if (refused) return this.hear('connect_error', [refused])
      this.connected = true
      hub.sockets.add(this)
      this.hear('connect', [])
    }, 1)
  }

  on<E extends keyof SocketEvents>(event: E, listener: SocketEvents[E]): void {
    this.#listeners.set(event, listener)
  }

  hear(event: string, args: unknown[]): void {
    if (this.#open || this.#hub.leaky) this.#listeners.get(event)?.(...(args as never[]))
  }

  emitWithAck<T>(name: CommandName, input: object, ms: number): Promise<Reply<T>> {
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('operation has timed out')), ms)
      for (const there of this.#hub.network('request')) {
        setTimeout(() => {
          if (!this.connected) return
          const reply = structuredClone(this.#hub.answer(this, name, input)) as Reply<T>
          for (const back of this.#hub.network('reply')) setTimeout(() => this.#open && resolve(reply), back)
        }, there)
      }
    })
  }

  /** The network goes away under it. */
  lose(): void {
    this.hear('disconnect', [])
    this.close()
  }

  close(): void {
    this.#open = false
    this.connected = false
    this.#hub.sockets.delete(this)
  }
}
