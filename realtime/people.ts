import { type Envelope, ParleyError, type SessionId, type StreamId, type UserId } from '../client-sdk/contract/index.ts'
import type { Committed } from '../persistence/event-log.ts'
import type { SessionDoor } from '../persistence/session-door.ts'
import type { Gates } from './gates.ts'
import { Sequencer } from './sequencer.ts'
import type { AppSocket } from './socket.ts'

type Ports = {
  read(userId: UserId, after: number, limit: number): Promise<Envelope[]>
  /** Whether the session may go on, and where its person's stream stands. */
  door(sessionId: SessionId): Promise<SessionDoor | undefined>
  /** Whether this socket's person wants to be seen. */
  hide(socket: AppSocket, hidden: boolean): void
  /** Says why, and closes the socket. */
  end(socket: AppSocket, error: ParleyError): void
  failed(error: unknown): void
}
/** `hidden`: as of the last event that the sequencer delivered. */
type Person = { sockets: Set<AppSocket>; sequencer: Sequencer; hidden: boolean }

/** Follows the streams of the people connected here: what ends a session or a membership takes effect on their sockets. */
export class People {
  readonly #people = new Map<StreamId, Person>()
  readonly #gates: Gates
  readonly #ports: Ports

  constructor(gates: Gates, ports: Ports) {
    this.#gates = gates
    this.#ports = ports
  }

  /** `arrival`: what was known when the session was found to be live. */
  async attach(socket: AppSocket, arrival: Omit<SessionDoor, 'live'>): Promise<void> {
    const { userId, sessionId } = socket.data.session
    const person = this.#people.get(userId) ?? this.#begin(userId, arrival)
    person.sockets.add(socket)
    this.#ports.hide(socket, person.hidden)
    // Between the handshake and now the session may have ended, and the news of it have come before this socket was here.
    const door = await this.#ports.door(sessionId).catch(this.#ports.failed)
    if (!door?.live) this.#ports.end(socket, sessionEnded())
    else this.#people.get(userId)?.sequencer.reach(door.head)
  }

  detach(socket: AppSocket): void {
    const { userId } = socket.data.session
    const person = this.#people.get(userId)
    person?.sockets.delete(socket)
    if (person?.sockets.size !== 0) return
    person.sequencer.close()
    this.#people.delete(userId)
  }

  /** Who is connected here. */
  users(): UserId[] {
    return [...this.#people.keys()] as UserId[]
  }

  socketsOf(userId: UserId): ReadonlySet<AppSocket> {
    return this.#people.get(userId)?.sockets ?? new Set()
  }

  offer({ streamId, events }: Committed): void {
    this.#people.get(streamId)?.sequencer.offer(events)
  }

  reach(streamId: StreamId, seq: number): void {
    this.#people.get(streamId)?.sequencer.reach(seq)
  }

  #begin(userId: UserId, { head, hidden }: Omit<SessionDoor, 'live'>): Person {
    const sockets = new Set<AppSocket>()
    const sequencer = new Sequencer(head, {
      read: (after, limit) => this.#ports.read(userId, after, limit),
      deliver: (events) => {
        for (const event of events) this.#apply(event, person)
      },
      failed: this.#ports.failed,
    })
    const person: Person = { sockets, sequencer, hidden }
    this.#people.set(userId, person)
    return person
  }

  #apply({ type, data }: Envelope, person: Person): void {
    const { sockets } = person
    if (type === 'person.settingsChanged') {
      person.hidden = data.deal.presence === 'hidden'
      for (const socket of sockets) this.#ports.hide(socket, person.hidden)
    }
    if (type === 'session.ended') {
      const ended = [...sockets].filter((socket) => socket.data.session.sessionId === data.deal.sessionId)
      for (const socket of ended) this.#ports.end(socket, sessionEnded())
    }
    if (type === 'person.blocked') for (const socket of [...sockets]) this.#ports.end(socket, blocked())
    if (type === 'membership.ended') void this.#gates.get(data.deal.roomId)?.recheck()
  }
}

const blocked = () => new ParleyError('person.blocked', 'This account is blocked')
const sessionEnded = () => new ParleyError('session.ended', 'This session has ended; sign in again')
