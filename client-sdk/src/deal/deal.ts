import type { ApplicationPlace } from '../../contract/applications/schema.ts'
import type { Parley } from '../parley.ts'
import { portsOf } from '../ports.ts'
import { heard } from '../promises.ts'
import type { Room } from '../room.ts'
import type { RoomClient } from '../room-client.ts'
import { DealClient, type NextMoves } from './deal-client.ts'
import { type Deliverables, deliverablesOn } from './deliverables.ts'
import { type Milestones, milestonesOn } from './milestones.ts'
import { type Offers, offersOn } from './offers.ts'
import { type DealReading, readingOf } from './reading.ts'
import type { CancelMove, DealView } from './view.ts'

export type { DealPlace } from '../../contract/deals/place.ts'
export type { DealMoves } from '../../contract/deals/rules.ts'
export type { Agreement, Deal, Story, StoryEntry } from '../../contract/deals/schema.ts'
export type { DeliverableMove, DeliverableState } from '../../contract/deliverables/machine.ts'
export type { Deliverable } from '../../contract/deliverables/schema.ts'
export type { MilestoneMove, MilestoneState } from '../../contract/milestones/machine.ts'
export type { Milestone } from '../../contract/milestones/schema.ts'
export type { TermChange } from '../../contract/offers/diff.ts'
export type { OfferMove } from '../../contract/offers/machine.ts'
export type { Attestation, Offer, OfferComment, OfferPlace, Terms } from '../../contract/offers/schema.ts'
export type { TermName } from '../../contract/offers/term-names.ts'
export type { NextMoves } from './deal-client.ts'
export type { DeliverableRef, Deliverables } from './deliverables.ts'
export type { MilestoneRef, Milestones } from './milestones.ts'
export type { NewTerms, OfferRef, Offers, Validity } from './offers.ts'
export type { DealReading, StoryPlace } from './reading.ts'
export type { CancelMove, DealView, OfferOrder, ShownComment, ShownDeal, ShownDeliverable, ShownMilestone, ShownOffer } from './view.ts'

/** The deal that a room is about, live: kept right from the first use on, through every reconnect, as long as the room is joined. */
export interface LiveDeal extends DealReading {
  /** The same object until something changes. */
  readonly state: DealView
  /** Calls the listener after each change of `state`; returns what stops that. */
  subscribe(listener: () => void): () => void
  /** Resolves once the deal is read, as far as its room is known; joins the room. Rejects with `resource.notFound` where it is about none. */
  load(): Promise<DealView>
  /** What we may do with it as it is shown: with the terms, with each piece of work, with each payment, with the whole. */
  nextMoves(): NextMoves
  /** Asks to cancel what is agreed: the other side has to consent. */
  requestCancel(reason?: string): Promise<ApplicationPlace>
  /** Takes that back. */
  revokeCancel(reason?: string): Promise<ApplicationPlace>
  /** Consents, and ends it. */
  confirmCancel(reason?: string): Promise<ApplicationPlace>
}
/**
 * A room, and the deal that it is about. Orders go one after the other, wait for the connection, and
 * have one effect however often they must be sent; each resolves once the deal has it, and rejects with the hub's refusal.
 */
export interface DealRoom extends Room {
  /** As of every room; resolves once the deal is read, too. */
  join(): Promise<DealRoom>
  readonly deal: LiveDeal
  readonly offers: Offers
  readonly deliverables: Deliverables
  readonly milestones: Milestones
}

const rooms = new WeakMap<Room, DealRoom>()
/** The room of a deal: `parley.room(roomId)` with more to it, and the same object each time, until it is left. */
export function dealRoom(parley: Parley, roomId: string): DealRoom {
  const ports = portsOf(parley)
  const room = ports.room(roomId)
  const known = rooms.get(room)
  if (known) return known
  const client = new DealClient(room, ports)
  const cancel = (move: CancelMove) => (reason?: string) =>
    client.order(({ deal: { version } }) => ({
      name: 'application.move',
      input: { version, move, ...(reason !== undefined && { reason }) },
    }))
  const application = async () => {
    const { deal } = client.state
    return (deal ?? (await client.load()).deal)!.applicationId
  }
  const deal: LiveDeal = {
    get state() {
      return client.state
    },
    subscribe: (listener) => client.subscribe(listener),
    load: () => client.load(),
    nextMoves: () => client.nextMoves(),
    requestCancel: cancel('cancel.request'),
    revokeCancel: cancel('cancel.revoke'),
    confirmCancel: cancel('cancel.confirm'),
    ...readingOf(ports, roomId, application),
  }
  const parts = { deal, offers: offersOn(client), deliverables: deliverablesOn(client), milestones: milestonesOn(client) }
  const whole: DealRoom = extended(room, {
    ...parts,
    join: () => heard(Promise.all([room.join(), client.load()]).then(() => whole)),
  })
  rooms.set(room, whole)
  return whole
}

/** The room itself with more to it. Its methods run on the room: nobody else has its private fields. */
function extended<M extends object>(room: RoomClient, more: M): Omit<RoomClient, keyof M> & M {
  const bound = new Map<PropertyKey, unknown>()
  const get = (target: RoomClient, name: PropertyKey): unknown => {
    const value: unknown = Reflect.get(name in more ? more : target, name)
    if (typeof value !== 'function' || name in more) return value
    if (!bound.has(name)) bound.set(name, value.bind(target))
    return bound.get(name)
  }
  return new Proxy(room, { get, has: (target, name) => name in more || name in target }) as unknown as Omit<RoomClient, keyof M> & M
}
