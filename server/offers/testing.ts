import type { ApplicationPlace, OfferPlace } from '../../client-sdk/contract/index.ts'
import { type Parties, parties, propose } from '../deals/testing.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { declineOffer, withdrawOffer } from './close-offer.ts'

const closings = { decline: declineOffer, withdraw: withdrawOffer }
export const closeOffer = (
  w: World,
  move: keyof typeof closings,
  who: TestPerson,
  { applicationId }: Pick<ApplicationPlace, 'applicationId'>,
  offer: number,
): Promise<OfferPlace> => closings[move](w.as(who), { commandId: commandId(), applicationId, offer })

export const soon = (ms: number): string => new Date(Date.now() + ms).toISOString()
/** Resolves when that moment is over. */
export const until = (moment: string): Promise<void> =>
  new Promise((done) => setTimeout(done, Math.max(0, Date.parse(moment) - Date.now()) + 5))

/** A deal whose only offer, by the brand, has run out, and nobody has said so yet. */
export async function lapsing(w: World): Promise<Parties & { hash: string }> {
  const its = await parties(w)
  const validUntil = soon(1_000)
  const { hash } = await propose(w, its.campaign.manager, its, { validUntil })
  await until(validUntil)
  return { ...its, hash }
}

/** The moment at which the sweep will look at an application's offer, ISO 8601; null where it will not. */
export async function expiresAt({ db }: World, { applicationId }: Pick<ApplicationPlace, 'applicationId'>): Promise<string | null> {
  const { rows } = await db.pool.query<{ at: number | null }>(
    'select extract(epoch from expires_at)::float * 1000 as at from application where id = $1',
    [applicationId],
  )
  const { at } = rows[0]!
  return at === null ? null : new Date(at).toISOString()
}
