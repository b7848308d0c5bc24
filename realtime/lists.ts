import { setImmediate as turn } from 'node:timers/promises'
import type { StreamId, UserId, Whisper } from '../client-sdk/contract/index.ts'
import type { ListChanges, Listed } from '../persistence/lists.ts'

/** At most so often does a person hear what has become of what their lists show, in ms. */
const EVERY = 1_000
/** Of so many things at once: where thousands of applications end together, nobody is sent all of them in one frame. */
const MOST = 100
/** So many people hear it before others have their turn. */
const CROWD = 500

type Ports = {
  /** Who is connected to this node. */
  users(): UserId[]
  /** What these streams are about, and who of these people may see it. */
  changes(streams: readonly Listed[], users: readonly UserId[]): Promise<ListChanges>
  tell(users: readonly UserId[], change: Whisper<'lists.changed'>): void
  failed(error: unknown): void
}

/**
 * Tells the people of this node what has become of the brands, campaigns and applications that their lists show, by whatever
 * node it was written. It asks nothing while nothing of that kind happens.
 */
export class Lists {
  readonly #ports: Ports
  /** What has changed, by its stream, from which seq on: whatever comes first is told first. */
  #changed = new Map<StreamId, number>()
  #timer: NodeJS.Timeout | null = null
  #toldAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(ports: Ports) {
    this.#ports = ports
  }

  changed(streamId: StreamId, first: number): void {
    if (!this.#changed.has(streamId)) this.#changed.set(streamId, first)
    this.#wait()
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #wait(): void {
    if (this.#timer || this.#closed || this.#changed.size === 0) return
    const ms = Math.max(0, this.#toldAt + EVERY - performance.now())
    this.#timer = setTimeout(() => void this.#flush(), ms).unref()
  }

  async #flush(): Promise<void> {
    this.#toldAt = performance.now()
    const all = [...this.#changed]
    const now = all.slice(0, MOST)
    this.#changed = new Map(all.slice(MOST))
    await this.#tell(now.map(([streamId, first]) => ({ streamId, first }))).catch((error: unknown) => {
      this.#ports.failed(error)
      this.#changed = new Map([...this.#changed, ...now])
    })
    this.#timer = null
    this.#wait()
  }

  async #tell(streams: readonly Listed[]): Promise<void> {
    const users = this.#ports.users()
    if (users.length === 0) return
    for (const { hearers, change } of sorted(await this.#ports.changes(streams, users))) {
      for (let i = 0; i < hearers.length; i += CROWD) {
        if (i > 0) await turn()
        this.#ports.tell(hearers.slice(i, i + CROWD), change)
      }
    }
  }
}

type Told = { hearers: UserId[]; change: Whisper<'lists.changed'> }

/** Everybody who hears the same hears it in one go; and nobody is told twice. */
function sorted({ campaigns, applications, brands }: ListChanges): Told[] {
  const all = [...campaigns, ...applications, ...brands]
  const heard = new Map<UserId, number[]>()
  for (const [i, { users }] of all.entries()) {
    for (const userId of users) {
      const its = heard.get(userId)
      if (its) its.push(i)
      else heard.set(userId, [i])
    }
  }
  const groups = Map.groupBy(heard, ([, its]) => its.join())
  return Array.from(groups.values(), (group) => {
    const its = new Set(group[0]![1].map((i) => all[i]))
    const change = {
      campaigns: campaigns.flatMap((one) => (its.has(one) ? [one.item] : [])),
      applications: applications.flatMap((one) => (its.has(one) ? [one.item] : [])),
      brands: brands.flatMap((one) => (its.has(one) ? [one.item] : [])),
    }
    return { hearers: group.map(([userId]) => userId), change }
  })
}
