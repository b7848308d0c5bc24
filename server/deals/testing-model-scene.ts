import { createHash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import {
  type ApplicationPlace,
  type CampaignId,
  type CommandId,
  type Deal,
  type Envelope,
  ParleyError,
  reduceDeal,
  SYSTEM,
  type Terms,
} from '../../client-sdk/contract/index.ts'
import { expireDueApplications } from '../applications/end-due-applications.ts'
import { moveApplication } from '../applications/move-application.ts'
import { apply, eventsOf, openCampaign, pass, terms as usual } from '../applications/testing.ts'
import { makeTeam, type Team } from '../brands/testing.ts'
import { type Ctx, context } from '../ctx.ts'
import { reviewDeliverable, submitDeliverable } from '../deliverables/move-deliverable.ts'
import { foreseen } from '../foreseen.ts'
import { moveMilestone } from '../milestones/move-milestone.ts'
import { acceptOffer } from '../offers/accept-offer.ts'
import { declineOffer, withdrawOffer } from '../offers/close-offer.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { expireOffers } from '../offers/expire-offers.ts'
import { counterOffer, proposeOffer } from '../offers/propose-offer.ts'
import { openSession } from '../sessions/open-session.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { resolveDispute } from './resolve-dispute.ts'
import { type Actor, type KitName, kitOf, type Model, type Order, type Outcome } from './testing-model.ts'

/** People who make one deal after the other. `proved`: with a session that has just been opened, `doubtful`: with one that is too old to bind. */
export type Cast = {
  w: World
  superuser: pg.Client
  team: Team
  people: Record<Exclude<Actor, 'system'>, TestPerson>
  proved: Record<string, Ctx>
  doubtful: Record<string, Ctx>
}
export async function cast(w: World): Promise<Cast> {
  const superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
  const team = await makeTeam(w)
  const { owner, manager, viewer } = team
  const people = { owner, manager, viewer, creator: await w.person(), admin: await w.person('admin') }
  return { w, superuser, team, people, ...(await sessions(w, superuser, people)) }
}

/** They count for ten minutes. */
export async function sessions(w: World, superuser: pg.Client, people: Cast['people']): Promise<Pick<Cast, 'proved' | 'doubtful'>> {
  const of = async (isOld: boolean) => {
    const opened: Record<string, Ctx> = {}
    for (const [who, { userId, role }] of Object.entries(people)) {
      const { sessionId } = await openSession(w.asSystem(), userId)
      if (isOld) await superuser.query(`update session set proved_at = now() - interval '11 minutes' where id = $1`, [sessionId])
      opened[who] = context(w.house, { sessionId, userId, role, endsAt: new Date(Date.now() + 3_600_000) })
    }
    return opened
  }
  return { proved: await of(false), doubtful: await of(true) }
}

export type Scene = Cast &
  ApplicationPlace & { campaignId: CampaignId; names: ReadonlyMap<string, string>; sent: Map<CommandId, Outcome[]> }
/** An application that has just come in, and what the model says of it. */
export async function begin(its: Cast, withTerms: boolean): Promise<{ scene: Scene; model: Model }> {
  const { campaignId } = await openCampaign(its.w, { team: its.team })
  const nonce = newNonce()
  const place = await apply(its.w, its.people.creator, campaignId, { terms: withTerms ? termsOf('one', nonce) : null })
  const { rows } = await its.superuser.query<{ actor_key: string; user_id: string }>(
    'select actor_key, user_id from member where room_id = $1',
    [place.roomId],
  )
  const nameOf = (userId: string) => Object.entries(its.people).find(([, person]) => person.userId === userId)?.[0] ?? '?'
  const names = new Map([[SYSTEM as string, 'system'], ...rows.map((row) => [row.actor_key, nameOf(row.user_id)] as const)])
  const events = await eventsOf(its.w, place.roomId)
  const born = events.find(({ type }) => type === 'offer.proposed')?.seq ?? 0
  const offer = { by: 'creator', kit: 'one', nonce, basis: null, until: null, fate: 'open', born, died: null } as const
  const nothing = { asking: null, pacts: [], pieces: [], parts: [], remarks: [], isPast: false, isLate: false, log: [] }
  const model: Model = { phase: 'submitted', changes: 1, ...nothing, versions: withTerms ? [offer] : [], base: events.at(-1)!.seq }
  return { scene: { ...its, ...place, campaignId, names, sent: new Map() }, model }
}

export const newNonce = (): string => randomBytes(16).toString('hex')
function termsOf(name: KitName, nonce: string): Terms {
  const kit = kitOf(name)
  const deliverables = kit.pieces.map(([what, due]) => {
    const [platform = '', format = ''] = what.split(' ')
    return { platform, format, count: 1, due }
  })
  const terms: Terms = {
    ...usual,
    fee: { amount: kit.parts.reduce((sum, [amount]) => sum + amount, 0), currency: kit.currency },
    deliverables: deliverables as Terms['deliverables'],
    revisionRounds: kit.rounds,
    payments: kit.parts.map(([amount, due]) => ({ amount, due })),
    nonce,
  }
  hashes.set(nonce, hashOf(terms))
  return terms
}
/** Of all terms that were made, by their nonce. */
const hashes = new Map<string, string>()
/** As the page on the proof has it, written once more. */
const hashOf = (terms: Terms): string =>
  createHash('sha256')
    .update(`parley/terms/1${canonical(terms as Json)}`)
    .digest('hex')

/** Tries again while PostgreSQL is too busy to say, as clients do. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const known = foreseen(error)
      if (!(known instanceof ParleyError) || !known.retryable) throw error
    }
  }
}

/** Sends one order; resolves with how it went, and what was answered. */
export async function send(scene: Scene, who: Actor, order: Order, id = commandId()): Promise<{ outcome: Outcome; answer: unknown }> {
  if (who === 'system') return { outcome: 'ok', answer: await patiently(() => bySystem(scene, order)) }
  try {
    const answer = await patiently(() => bySomebody(scene, who, order, id))
    note(scene, id, 'ok')
    return { outcome: 'ok', answer }
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    note(scene, id, error.code)
    return { outcome: error.code, answer: null }
  }
}
const note = ({ sent }: Scene, id: CommandId, outcome: Outcome) => sent.set(id, [...(sent.get(id) ?? []), outcome])

async function bySystem({ w, superuser, campaignId }: Scene, order: Order): Promise<void> {
  if (order.do === 'deadline') await pass(superuser, campaignId, 'apply_by', 'decide_by')
  if (order.do === 'wait') await new Promise((resolve) => setTimeout(resolve, 45))
  if (order.do === 'sweep') await sweepAll(w)
}
async function sweepAll(w: World): Promise<number> {
  return (await expireOffers(w.asSystem())) + (await expireDueApplications(w.asSystem()))
}

type Person = Exclude<Actor, 'system'>
function bySomebody(
  { applicationId, proved, doubtful, names: _, ...scene }: Scene,
  who: Person,
  order: Order,
  id: CommandId,
): Promise<unknown> {
  const ctx = proved[who]!
  const by = { commandId: id, applicationId }
  const validUntil = 'until' in order && order.until !== null ? new Date(order.until).toISOString() : null
  switch (order.do) {
    case 'propose':
      return proposeOffer(ctx, { ...by, terms: termsOf(order.kit, order.nonce), validUntil, basedOn: order.basis })
    case 'counter':
      return counterOffer(ctx, { ...by, offer: order.version, terms: termsOf(order.kit, order.nonce), validUntil })
    case 'accept': {
      const hash = hashes.get(order.nonce ?? '') ?? 'f'.repeat(64)
      return acceptOffer(order.isProved ? ctx : doubtful[who]!, { ...by, offer: order.version, hash })
    }
    case 'decline':
      return declineOffer(ctx, { ...by, offer: order.version, reason: 'No' })
    case 'withdraw':
      return withdrawOffer(ctx, { ...by, offer: order.version })
    case 'comment':
      return commentOffer(ctx, { ...by, offer: order.version, term: 'fee', item: null, text: 'Why?' })
    case 'submit':
      return submitDeliverable(ctx, { ...by, deliverable: order.piece, links: ['https://example.com/a'] })
    case 'review':
      return reviewDeliverable(ctx, { ...by, deliverable: order.piece, submitted: order.sent, move: order.move, note: 'So' })
    case 'pay':
      return moveMilestone(ctx, { ...by, milestone: order.part, move: order.move })
    case 'move':
      return moveApplication(ctx, { ...by, version: order.changes, move: order.move, reason: 'Because' })
    case 'resolve':
      return resolveDispute(ctx, { ...by, what: order.what, number: order.number, move: order.move, reason: 'Decided' })
    default:
      throw new Error(`${who} cannot ${order.do} ${scene.roomId}`)
  }
}

/** What the tables and the log say, in the model's words: as of one moment, since every change of the rows is in the log, too. */
export async function found({ w, superuser, applicationId, roomId, campaignId, names }: Scene, base: number) {
  const { rows } = await superuser.query<Row & { head: number }>(
    `select a.state, a.version, moved::int, (extract(epoch from expires_at) * 1000)::float8 as until, disputed_at is not null as disputed,
            (select json_object_agg(k.state, n) from application_count k where k.campaign_id = $2 and n <> 0) as counts,
            s.last_seq::int as head from application a join stream s on s.id = a.room_id where a.id = $1`,
    [applicationId, campaignId],
  )
  const { head, ...row } = rows[0]!
  const events = (await eventsOf(w, roomId)).filter(({ seq }) => seq <= head)
  const deal = folded(events)!
  for (const { terms, hash } of deal.offers) if (hash !== hashes.get(terms.nonce)) throw new Error(`The hash of ${terms.nonce} is another`)
  const log = events.filter(({ seq }) => seq > base).map(({ actor, type }) => `${names.get(actor)} ${type}`)
  return { ...told(deal), ...row, log }
}
type Row = { state: string; version: number; moved: number | null; until: number | null; disputed: boolean; counts: Record<string, number> }
export const folded = (events: readonly Envelope[]): Deal | null => events.reduce<Deal | null>(reduceDeal, null)

const told = ({ state, version, offers, binding, deliverables, milestones, comments }: Deal) => ({
  deal: { state, version },
  versions: offers.map(({ offer, by, terms, basedOn, validUntil, state: fate, seq, closed, acceptance }) => {
    const until = validUntil && Date.parse(validUntil)
    return { offer, by, nonce: terms.nonce, basis: basedOn, until, fate, born: seq, died: closed, pact: acceptance?.seq ?? null }
  }),
  binding,
  pieces: deliverables.map((its) => {
    const { deliverable, platform, format, due, state: at, rounds: asked, submitted: sent, moved: touched } = its
    return { deliverable, what: `${platform} ${format}`, due, at, asked, sent, touched }
  }),
  parts: milestones.map(({ milestone, amount, due: when, state: at, moved: touched }) => ({ milestone, amount, when, at, touched })),
  remarks: comments.map(({ seq }) => seq),
})

/** The same of the model. */
export function inWords(model: Model, isDisputed: boolean): Awaited<ReturnType<typeof found>> {
  const { phase, asking, changes, versions, pacts, pieces, parts, remarks, log, base } = model
  const state = asking ? `${phase}+${asking}` : phase
  const moved = log.findLastIndex((line) => line.endsWith('application.statusChanged'))
  return {
    deal: { state, version: changes } as Pick<Deal, 'state' | 'version'>,
    versions: versions.map(({ by, nonce, basis, until, fate, born, died }, i) => {
      const state = fate === 'open' ? 'proposed' : fate
      return { offer: i + 1, by, nonce, basis, until, fate: state, born, died, pact: fate === 'accepted' ? died : null }
    }),
    binding: pacts.at(-1) ?? null,
    pieces: pieces.map((its, i) => ({ deliverable: i + 1, ...its })),
    parts: parts.map((its, i) => ({ milestone: i + 1, ...its })),
    remarks,
    state,
    version: changes,
    moved: moved === -1 ? null : base + moved + 1,
    until: versions.find(({ fate }) => fate === 'open')?.until ?? null,
    disputed: isDisputed,
    counts: { [state]: 1 },
    log,
  }
}
export const isSame = (model: ReturnType<typeof inWords>, real: ReturnType<typeof inWords>): boolean => isDeepStrictEqual(model, real)
