import type { Envelope } from '../contract/events.ts'
import type { ActorKey } from '../contract/ids.ts'
import type { RoomPresence } from '../contract/whispers.ts'

/** Milliseconds. Who said to be typing is believed for so long; it is said again sooner than that. */
const BELIEVED = 6_000
const REPEATED = 3_000
/** Our own typing ends by itself after this. */
const ENDS = 5_000

type Timer = ReturnType<typeof setTimeout>

/** What is whispered in a room: who is there, and who types. May be lost, so all of it ends by itself or is told anew. */
export class WhisperState {
  presence: RoomPresence = nobody
  readonly #typing = new Map<ActorKey, Timer>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get typing(): readonly ActorKey[] {
    return [...this.#typing.keys()]
  }

  hearPresence({ present, count }: RoomPresence): void {
    this.presence = { present, count }
    this.#changed()
  }

  hearTyping(member: ActorKey, typing: boolean): void {
    const known = this.#typing.get(member)
    clearTimeout(known)
    if (typing)
      this.#typing.set(
        member,
        setTimeout(() => this.hearTyping(member, false), BELIEVED),
      )
    else this.#typing.delete(member)
    if (typing !== (known !== undefined)) this.#changed()
  }

  /** Whose message is there types no more, and neither does who is gone. */
  heard(news: readonly Envelope[]): void {
    for (const { type, actor, data } of news) {
      if (type === 'chat.messageSent') this.hearTyping(actor, false)
      if (type === 'room.memberRemoved') this.hearTyping(data.deal.member, false)
    }
  }

  /** Nothing is heard any more. */
  end(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer)
    this.#typing.clear()
    this.presence = nobody
  }
}
const nobody: RoomPresence = { present: [], count: 0 }

/** Says that we are typing: at most every few seconds, and that we are not once we stop. */
export class Typist {
  readonly #say: (typing: boolean) => void
  #saidAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(say: (typing: boolean) => void) {
    this.#say = say
  }

  typing(typing: boolean): void {
    const wasTyping = this.#timer !== undefined
    this.#stop()
    if (!typing && wasTyping) this.#say(false)
    if (!typing) return
    this.#timer = setTimeout(() => this.typing(false), ENDS)
    if (wasTyping && Date.now() - this.#saidAt < REPEATED) return
    this.#saidAt = Date.now()
    this.#say(true)
  }

  /** What was typed is said, and tells by itself that it is; or nobody can be told. */
  end(): void {
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
