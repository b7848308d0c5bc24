import { z } from 'zod'
import {
  type ApplicationCard,
  diffTerms,
  type Envelope,
  ParleyError,
  type ReadStory,
  type RoomId,
  type Story,
  type StoryEntry,
  SYSTEM,
  type Teller,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import type { TermChange } from '../../client-sdk/contract/offers/diff.ts'
import { cardIn } from '../../persistence/deals/card.ts'
import type { Known } from '../../persistence/deals/people.ts'
import { proposalBefore, type Step, stepsOf, type Talk } from '../../persistence/deals/story.ts'
import type { Ctx } from '../ctx.ts'
import { cursorFrom, nameOf, partsOf } from '../cursor.ts'
import { readingRoom } from './as-reader.ts'

/** One step of a story: what was said in between, or one of the deal's events. `changes`: of a proposal, against the version before. */
export type Told = { kind: 'messages'; talk: Talk } | { kind: 'event'; event: Envelope; who: Teller; changes: TermChange[] | null }

/** Of how many events a story is printed at once. */
export const PRINTED_EVENTS = 1_000

/** A deal's whole story, the oldest first: all of its events, and between them how much was said. */
export const readStory = (ctx: Ctx, { roomId, limit, cursor }: ReadStory): Promise<Story> =>
  readingRoom(ctx, roomId, async () => {
    const after = placeIn(roomId, cursor)
    const { steps } = await stepsOf(ctx.db.pool, roomId, { after, events: limit + 1 })
    const told = await tell(ctx, roomId, steps)
    const page = told.slice(0, limit)
    return { items: page.map(toEntry), cursor: told.length > limit ? cursorAt(roomId, seqBefore(told[limit]!, page.at(-1)!)) : null }
  })

/** The newest part of a story, of so many events, and what it is about. `isCut`: there are older ones. */
export type Newest = { card: ApplicationCard | undefined; told: Told[]; isCut: boolean }
export const readNewest = (ctx: Ctx, roomId: RoomId, events = PRINTED_EVENTS): Promise<Newest> =>
  readingRoom(ctx, roomId, async () => {
    const { after, steps } = await stepsOf(ctx.db.pool, roomId, { after: null, events })
    const told = await tell(ctx, roomId, steps)
    return { card: await cardIn(ctx.db.pool, roomId), told, isCut: after > 0 }
  })

async function tell(ctx: Ctx, roomId: RoomId, steps: readonly Step[]): Promise<Told[]> {
  let before = await termsBefore(ctx, roomId, steps)
  return steps.flatMap(({ talk, event, who }) => {
    const told: Told[] = talk ? [{ kind: 'messages', talk }] : []
    if (!event) return told
    const terms = event.type === 'offer.proposed' ? event.data.deal.terms : null
    const changes = terms && before && diffTerms(before, terms)
    before = terms ?? before
    return [...told, { kind: 'event', event, who: teller(event, who), changes }]
  })
}

/** Of the version before the first that is proposed in these steps. */
async function termsBefore(ctx: Ctx, roomId: RoomId, steps: readonly Step[]): Promise<Terms | null> {
  const first = steps.find(({ event }) => event?.type === 'offer.proposed')?.event
  const isLater = first?.type === 'offer.proposed' && first.data.deal.offer > 1
  return (isLater && (await proposalBefore(ctx.db.pool, roomId, first.seq))?.terms) || null
}

function teller(event: Envelope, who: Known | null): Teller {
  const member = event.actor
  if (member === SYSTEM) return { member, side: isByAdmin(event) ? 'admin' : 'system', name: null }
  return { member, side: who?.role === 'creator' ? 'creator' : 'brand', name: who?.name ?? null }
}

/** Administrators are no members of the room: the platform says in its log what they have decided. */
function isByAdmin({ type, data }: Envelope): boolean {
  if (type === 'application.statusChanged') return data.deal.move === 'cancel.confirm'
  return (type === 'deliverable.statusChanged' || type === 'milestone.statusChanged') && data.deal.as === 'admin'
}

const toEntry = (told: Told): StoryEntry => {
  if (told.kind === 'messages') return { kind: 'messages', ...told.talk }
  const { event, who, changes } = told
  const { seq, at, type, data } = event
  return { kind: 'event', seq, at, type, who, deal: data.deal, personal: data.personal, changes }
}

const seqBefore = (next: Told, last: Told): number => {
  if (next.kind === 'event' && last.kind === 'messages') return next.event.seq - 1 // what was said before it is told already
  return last.kind === 'event' ? last.event.seq : last.talk.last
}

const Cursor = z.tuple([z.string(), z.int().nonnegative()])
const marked = (roomId: RoomId): string => nameOf(['story', roomId])
const cursorAt = (roomId: RoomId, seq: number): string => cursorFrom([marked(roomId), seq])

/** Throws `request.invalid` for what is no cursor, or one of another room. */
function placeIn(roomId: RoomId, cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const place = Cursor.safeParse(partsOf(cursor))
  if (!place.success || place.data[0] !== marked(roomId)) throw new ParleyError('request.invalid', '`cursor` is none of this story')
  return place.data[1]
}
