import { nextApplication } from '../../contract/applications/machine.ts'
import { type DealMoves, nextMoves, openOffer } from '../../contract/deals/rules.ts'
import type { Deal } from '../../contract/deals/schema.ts'
import { ParleyError } from '../../contract/errors.ts'
import type { ActorKey } from '../../contract/ids.ts'
import type { Output } from '../../contract/index.ts'
import { isStranger } from '../errors.ts'
import { Listeners } from '../listeners.ts'
import { pathOf } from '../market/paths.ts'
import { Pauses } from '../pauses.ts'
import type { Ports } from '../ports.ts'
import { heard, refused, type Settle } from '../promises.ts'
import type { RoomClient } from '../room-client.ts'
import type { RoomStore } from '../room-store.ts'
import { type Expected, expected, type Me } from './expected.ts'
import type { DealOrderName, NewOrder } from './pending.ts'
import { Queue } from './queue.ts'
import { isDeal } from './shapes.ts'
import * as stores from './store.ts'
import { type CancelMove, type DealView, nothing, Views } from './view.ts'

/** What somebody may do with a deal as it is shown. `cancel`: with what is agreed as a whole. */
export type NextMoves = DealMoves & { readonly cancel: readonly CancelMove[] }
const cancels = ['cancel.request', 'cancel.revoke', 'cancel.confirm'] as const
const none: NextMoves = { propose: false, offer: [], deliverables: {}, milestones: {}, cancel: [] }

/** A deal, kept right: read once by REST, and folded on by what its room tells, in order; with what we do on top of it. */
export class DealClient {
  readonly #room: RoomClient
  readonly #ports: Ports
  readonly #queue: Queue
  readonly #listeners: Listeners
  readonly #pauses = new Pauses()
  readonly #views = new Views()
  #store = stores.newStore
  #view: DealView = nothing
  #error: ParleyError | null = null
  #loads: Settle<void>[] = []
  /** Orders that were made before the deal was read; later ones go after them. */
  #early: Promise<unknown> | null = null
  #news: unknown = null
  #stage: RoomStore['stage'] = 'new'
  #started = false
  #reading = false
  /** Nothing but a new connection, or who asks again, can change that it could not be read. */
  #stuck = false
  /** Rises when the room begins anew, or ends: what was on its way by then counts no more. */
  #run = 0

  constructor(room: RoomClient, ports: Ports) {
    this.#room = room
    this.#ports = ports
    this.#listeners = new Listeners(ports.onError)
    this.#queue = new Queue(
      ports,
      () => this.#store.deal,
      () => this.#show(),
    )
    room.watchers.add((store) => this.#heard(store))
  }

  get state(): DealView {
    return this.#view
  }
  subscribe(listener: () => void): () => void {
    this.#start()
    return this.#listeners.add(listener)
  }

  /** Once it is read, as far as its room is known. Joins the room. */
  load(): Promise<DealView> {
    this.#room.attendance.want()
    this.#start()
    const { over } = this.#room.attendance
    if (over) return refused(over)
    if (!stores.isBehind(this.#store)) return Promise.resolve(this.#view)
    this.#stuck = false
    const loaded = new Promise<void>((resolve, reject) => this.#loads.push({ resolve, reject }))
    void this.#read()
    return heard(loaded.then(() => this.#view))
  }

  /** `make` says what is ordered, by the deal as it is expected to be; or throws. */
  order<N extends DealOrderName>(make: (now: Expected) => NewOrder<N>): Promise<Output<N>> {
    const now = this.#early ? null : this.#expected()
    if (now && !this.#room.attendance.over) return this.#place(now, make)
    const loaded = this.#early ?? this.load()
    const placed = loaded.then(() => {
      const now = this.#expected()
      return { done: now ? this.#place(now, make) : this.load().then(() => this.order(make)) }
    })
    const early = placed
      .catch(() => {})
      .then(() => {
        if (this.#early === early) this.#early = null
      })
    this.#early = early
    return heard(placed.then(({ done }) => done))
  }
  #place<N extends DealOrderName>(now: Expected, make: (now: Expected) => NewOrder<N>): Promise<Output<N>> {
    try {
      return this.#queue.add(make(now), this.me.key, now.deal.applicationId)
    } catch (error) {
      return refused(error)
    }
  }

  nextMoves(): NextMoves {
    const now = this.#expected()
    if (!now) return none
    const { deal, marks } = now
    const moves = nextMoves(deal, this.me.role, new Date().toISOString())
    const isAccepted = marks.get(`offer ${openOffer(deal)?.offer}`) === 'accept'
    const cancel = cancels.filter((move) => nextApplication(deal.state, move, this.me.role) !== null)
    return { ...moves, offer: isAccepted ? [] : moves.offer, cancel }
  }

  /** Who does not know who they are may do nothing. */
  get me(): Me {
    const { me, room } = this.#room.attendance.store
    const { key, role } = (me && room.members[me.key]) ?? me ?? { key: '' as ActorKey, role: 'viewer' }
    return { key, role }
  }

  #expected(): Expected | null {
    const { deal } = this.#store
    return deal && expected(deal, this.#queue.waiting, this.me, new Date().toISOString())
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    this.#heard(this.#room.attendance.store)
  }

  /** After each change of the room's store. */
  #heard({ stage, room, news }: RoomStore): void {
    const { over } = this.#room.attendance
    if (over) this.#end(over)
    if (!this.#started) return
    const fresh = news === this.#news ? [] : news
    this.#news = news
    if (room.rev < this.#store.head) this.#run++
    this.#store = stores.heard(this.#store, room.rev, fresh)
    this.#queue.told(fresh)
    if (stage === 'attached' && this.#stage !== stage) this.#connected()
    this.#stage = stage
    this.#show()
    void this.#read()
  }

  #connected(): void {
    this.#stuck = false
    this.#pauses.end()
    this.#queue.online()
  }

  /** Nothing more comes of it, unless the room is joined anew. */
  #end(reason: ParleyError): void {
    this.#run++
    if (isStranger(reason)) this.#store = stores.newStore
    this.#pauses.end()
    this.#queue.fail(reason)
    for (const { reject } of this.#loads.splice(0)) reject(reason)
  }

  /** Until nothing is missing. What the hub says for good is final until it can be otherwise. */
  async #read(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    for (let failed = 0; this.#mayRead(); failed++) {
      const run = this.#run
      try {
        const deal = await this.#fetch()
        if (run !== this.#run) continue
        this.#store = stores.read(this.#store, deal)
        this.#queue.told([])
        this.#error = null
      } catch (error) {
        if (run !== this.#run) continue
        this.#failed(error)
      }
      this.#show()
      if (this.#mayRead()) await this.#pauses.pause(this.#ports.backoff(failed))
    }
    this.#reading = false
  }
  #mayRead(): boolean {
    const { over, store } = this.#room.attendance
    return this.#started && !over && !this.#stuck && store.room.rev > 0 && stores.isBehind(this.#store)
  }
  #fetch(): Promise<Deal> {
    const { subject } = this.#room.attendance.store.room
    if (subject?.kind !== 'application') throw new ParleyError('resource.notFound', 'This room is about no application')
    return this.#ports.get(pathOf(['applications', subject.id, 'deal']), isDeal)
  }
  #failed(error: unknown): void {
    const known = error instanceof ParleyError ? error : new ParleyError('server.failed', 'Reading failed', { cause: error })
    this.#error = known
    if (known.retryable || known.code === 'server.failed') return
    this.#stuck = true
    for (const { reject } of this.#loads.splice(0)) reject(known)
  }

  #show(): void {
    if (!stores.isBehind(this.#store)) for (const { resolve } of this.#loads.splice(0)) resolve()
    const view = this.#views.of(this.#expected(), this.#queue.waiting.length, this.#error, this.#view)
    if (view === this.#view) return
    this.#view = view
    this.#listeners.notify()
  }
}
