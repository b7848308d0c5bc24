import type { ActorKey } from '../contract/ids.ts'
import type { Output } from '../contract/index.ts'
import type { Joined } from '../contract/rooms/schema.ts'
import type { RoomPresence, Whisper } from '../contract/whispers.ts'
import type { Attendance } from './attendance.ts'
import { Reading, type Reads } from './reading.ts'
import type { RoomHost } from './room.ts'
import type { RoomStore } from './room-store.ts'
import { Typist, WhisperState } from './whisper-state.ts'

/** The others of a room, as far as whispers and read marks tell of them. */
export type CompanyView = {
  /** Who has the room open, by name where it is small; `count` always. */
  readonly presence: RoomPresence
  /** Keys of the others who are typing. */
  readonly typing: readonly ActorKey[]
  /** How far each member has read, where the room is small. */
  readonly reads: Reads
  /** How far we have read. */
  readonly read: number
}

/** What is whispered in one room. */
export type RoomWhisper = Whisper<'room.typing' | 'room.presence' | 'room.reads'>

/** Who else is in a room, what they are about, and what they hear of us. */
export class Company {
  readonly #room: Attendance
  readonly #host: RoomHost
  readonly #whispers: WhisperState
  readonly #reading: Reading
  readonly #typist: Typist

  constructor(room: Attendance, host: RoomHost, changed: () => void) {
    this.#room = room
    this.#host = host
    this.#whispers = new WhisperState(changed)
    this.#reading = new Reading(room, host, changed)
    this.#typist = new Typist((typing) => {
      if (room.store.stage === 'attached') host.command('room.typing', { roomId: room.id, typing }).catch(() => {}) // it may be lost
    })
  }

  get view(): CompanyView {
    const me = this.#room.store.me?.key
    const { presence, typing } = this.#whispers
    return { presence, typing: typing.filter((key) => key !== me), reads: this.#reading.reads, read: this.#reading.mine }
  }

  entered({ me, reads, presence }: Joined): void {
    this.#reading.hear(reads, me.key)
    this.#whispers.hearPresence(presence)
  }

  /** `isNews`: the store has applied events. */
  updated(store: RoomStore, isNews: boolean): void {
    if (isNews) {
      this.#whispers.heard(store.news)
      this.#reading.saidByMe(store)
    }
    this.online()
  }

  /** The hub may hear what it does not know yet. */
  online(): void {
    this.#reading.tell()
  }

  detached(): void {
    this.#whispers.end()
    this.#typist.end()
    this.#reading.end()
  }

  hear(said: RoomWhisper): void {
    if (this.#room.store.stage !== 'attached') return
    if ('typing' in said) this.#whispers.hearTyping(said.member, said.typing)
    if ('count' in said) this.#whispers.hearPresence(said)
    if ('reads' in said) this.#reading.hear(said.reads)
  }

  /** The hub says elsewhere how far we have read. */
  read(seq: number): void {
    this.#reading.known(seq)
  }
  markRead(seq: number | undefined): void {
    this.#reading.mark(seq)
  }
  async mute(muted: boolean): Promise<void> {
    const { id } = this.#room
    const unread: Output<'room.mute'> = await this.#host.command('room.mute', { roomId: id, muted })
    this.#host.inbox.marked(id, unread.read, unread)
  }
  typing(typing: boolean): void {
    this.#typist.typing(typing)
  }
  /** What was typed is said. */
  spoke(): void {
    this.#typist.end()
  }
}
