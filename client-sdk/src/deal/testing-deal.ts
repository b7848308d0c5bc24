import { createHash } from 'node:crypto'
import { nextApplication } from '../../contract/applications/machine.ts'
import { eventId, hex } from '../../contract/chain.ts'
import { reduceDeal } from '../../contract/deals/reduce.ts'
import {
  isAllApproved,
  type Refusal,
  refuseComment,
  refuseDeliverableMove,
  refuseMilestoneMove,
  refuseOfferMove,
  refuseProposal,
} from '../../contract/deals/rules.ts'
import type { Deal } from '../../contract/deals/schema.ts'
import { type DeliverableMove, nextDeliverable } from '../../contract/deliverables/machine.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import type { Envelope } from '../../contract/events.ts'
import type { ActorKey, ApplicationId, CommandId, EventId } from '../../contract/ids.ts'
import type { CommandName, Reply } from '../../contract/index.ts'
import { nextMilestone } from '../../contract/milestones/machine.ts'
import { termsBytes } from '../../contract/offers/bytes.ts'
import type { Terms } from '../../contract/offers/schema.ts'
import type { TermName } from '../../contract/offers/term-names.ts'
import { newId } from '../../contract/uuid.ts'
import { digest } from '../digest.ts'
import { FakeHub, type FakeLog, me, other, otherMember, refusal, roomId } from '../testing.ts'
import type { DealRoom } from './deal.ts'

export const applicationId = '018f0000-0000-7000-8000-00000000000d' as ApplicationId
export const sha256 = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(createHash('sha256').update(bytes).digest()).buffer
export const hashOf = (terms: Terms): string => hex(new Uint8Array(sha256(termsBytes(terms))))
let nonces = 0
/** Terms like no others. */
export const someTerms = (said: Partial<Terms> = {}): Terms => ({
  fee: { amount: 90_000, currency: 'EUR' },
  deliverables: [{ platform: 'instagram', format: 'reel', count: 2, due: null }],
  usage: { channels: ['social'], territories: ['001'], months: 12 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [
    { amount: 40_000, due: 'onAgreement' },
    { amount: 50_000, due: 'onApproval' },
  ],
  clauses: [],
  nonce: (++nonces).toString(16).padStart(32, '0'),
  ...said,
})

const lists = ['offers', 'deliverables', 'milestones', 'comments'] as const
const settled = (item: { pending: unknown }) => {
  const { pending, ...rest } = item
  return { ...rest, isPending: Boolean(pending) }
}
/** What a room shows of its deal, and whether anything is pending. */
export function shownOf({ deal: { state } }: DealRoom): object | null {
  return state.deal && { ...settled(state.deal), ...Object.fromEntries(lists.map((name) => [name, state.deal![name].map(settled)])) }
}
/** What the whole log says, put in the same way. */
export function toldBy({ deal }: FakeDeal): object {
  const { asOf: _asOf, ...rest } = deal!
  const plain = (item: object) => ({ ...item, isPending: false })
  return { ...plain(rest), ...Object.fromEntries(lists.map((name) => [name, rest[name].map(plain)])) }
}

type Side = 'creator' | 'brand'
const roles = { creator: 'creator', brand: 'owner' } as const
const keys: Record<Side, ActorKey> = { creator: me, brand: other }
type Fact = { type: string; deal: object; personal?: object | null }
type Said = {
  terms: Terms
  offer: number
  hash: string
  basedOn: number | null
  validUntil: string | null
  reason?: string
  term: TermName
  item: number | null
  text: string
  deliverable: number
  submitted: number
  links: string[]
  note?: string
  milestone: number
  version: number
  move: never
}

/** The hub's side of one deal between two people, each with a network of their own, decided by the contract's rules as the hub does. */
export class FakeDeal {
  readonly creator = new FakeHub()
  readonly brand = new FakeHub()
  readonly log: FakeLog = this.creator.log
  /** What was asked by REST, by whom. */
  readonly asked: string[] = []
  /** How long an answer by REST is on its way, in ms: it says what was so when it was asked. */
  latency = 1
  refusing: ErrorCode | null = null
  /** Refuses orders for good. */
  refuse: (name: CommandName) => ErrorCode | null = () => null
  /** What is answered in place of the deal. */
  answer: (deal: Deal | null) => unknown = (deal) => deal
  readonly #replies = new Map<CommandId, Reply<object>>()

  constructor({ isSubmitted = true } = {}) {
    Object.assign(this.brand, { log: this.log, me: otherMember })
    for (const side of ['creator', 'brand'] as const) this[side].intercept = (name, input) => this.#intercept(side, name, input)
    this.log.happen('room.created', { kind: 'application' }, { title: 'Autumn' })
    if (isSubmitted) this.log.happen('application.submitted', { applicationId, campaignId: applicationId }, { cover: 'Hi', answers: [] })
  }

  /** What the whole log says. */
  get deal(): Deal | null {
    return this.log.events.reduce<Deal | null>((deal, event) => {
      try {
        return reduceDeal(deal, event)
      } catch {
        return deal // nobody can read it
      }
    }, null)
  }

  /** Somebody else does something, or one of them from elsewhere; throws where it is refused. */
  do(side: Side, name: CommandName, input: object): void {
    const reply = this.#order(side, name, { ...input, commandId: newId<CommandId>() })
    if (!reply.ok) throw new Error(reply.error.code)
  }
  /** Tells both of what is in the log without them. */
  tell(event: Envelope): void {
    for (const hub of [this.creator, this.brand]) hub.tell(event)
  }

  #intercept(side: Side, name: CommandName, input: object): Reply<unknown> | null {
    if (/^(offer|deliverable|milestone|application)\./.test(name)) return this.#order(side, name, input as { commandId: CommandId })
    return null
  }

  #order(side: Side, name: CommandName, input: { commandId: CommandId }): Reply<object> {
    const code = this.refuse(name)
    if (code) return { ok: false, error: refusal(code) }
    const known = this.#replies.get(input.commandId)
    if (known) return known
    const reply = this.#decided(side, name, input)
    if (reply.ok) this.#replies.set(input.commandId, reply)
    return reply
  }

  #decided(side: Side, name: CommandName, input: { commandId: CommandId }): Reply<object> {
    const before = this.deal
    if (!before) return { ok: false, error: refusal('resource.notFound') }
    const { fact, refused } = decide(before, name, input as Said & { commandId: CommandId }, side)
    if (refused) return { ok: false, error: refusal(refused.code) }
    const event = this.#append(fact, keys[side], eventId(digest, input.commandId, keys[side], 0))
    const events = [event, ...this.#follow(before, fact, side)]
    for (const one of events) this.tell(one)
    const { state, version, offers } = this.deal!
    const number = (fact.deal as { offer?: number }).offer
    const offer = offers.find((one) => one.offer === number)
    const place = { applicationId, roomId, state, version }
    if (name === 'application.move') return { ok: true, data: place }
    return { ok: true, data: { ...place, seq: event.seq, ...(offer && { offer: offer.offer, hash: offer.hash }) } }
  }

  /** What follows for the application. */
  #follow({ state, version }: Deal, { type, deal }: Fact, side: Side): Envelope[] {
    const isSubmission = type === 'deliverable.statusChanged' && (deal as { move: string }).move === 'submit'
    const [move, by] =
      type === 'offer.accepted'
        ? (['accept', roles[side]] as const)
        : type === 'offer.proposed'
          ? (['firstOffer', roles[side]] as const)
          : isSubmission
            ? (['firstDelivery', roles[side]] as const)
            : (['allApproved', 'system'] as const)
    const to =
      type !== 'application.statusChanged' && (move !== 'allApproved' || isAllApproved(this.deal!)) && nextApplication(state, move, by)
    if (!to) return []
    const fact = { type: 'application.statusChanged', deal: { move, from: state, to, version: version + 1 }, personal: { reason: null } }
    return [this.#append(fact, keys[side], newId<EventId>())]
  }

  #append({ type, deal, personal = null }: Fact, actor: ActorKey, id: EventId): Envelope {
    const seq = this.log.head + 1
    const at = new Date(Date.UTC(2026, 0, 1) + seq * 1_000).toISOString()
    const event = { roomId, seq, id, type, version: 1, actor, at, data: { deal, personal } } as unknown as Envelope
    this.log.events.push(event)
    return event
  }

  readonly fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(String(url))
    this.asked.push(pathname.replace('/api/v1', '') + search)
    const { refusing } = this
    const body = refusing ? { ...refusal(refusing), retryable: refusing === 'server.unavailable' } : this.#read(pathname)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    await new Promise((done) => setTimeout(done, this.latency))
    return new Response(text, { status: refusing ? 503 : 200, headers: { accept: String(new Headers(init?.headers).get('accept')) } })
  }
  #read(path: string): unknown {
    if (path.endsWith('/deal')) return this.answer(this.deal)
    if (path.endsWith('/timeline')) return { items: [], cursor: null }
    return path.endsWith('/agreement') ? { offer: 1 } : `<p>${path}`
  }
}

type Decided = { fact: Fact; refused: Refusal | null }
/** As the hub decides. */
function decide(deal: Deal, name: CommandName, said: Said, side: Side): Decided {
  const as = roles[side]
  const now = new Date().toISOString()
  const { terms, offer, hash, basedOn = null, validUntil = null, reason = null, note = null, links = null, term, item, text } = said
  const proposal = (based: number | null): Fact => ({
    type: 'offer.proposed',
    deal: { offer: deal.offers.length + 1, by: side, basedOn: based, validUntil, terms, hash: hashOf(terms) },
  })
  const closed = (type: string): Fact => ({ type, deal: { offer, by: side }, personal: { reason } })
  const attestation = { kind: 'hub', session: applicationId, method: 'password', provedAt: now, at: now, keyId: 'k', signature: 's' }
  const stale: Refusal = { code: 'resource.stale', why: '' }
  switch (name) {
    case 'offer.propose':
      return { fact: proposal(basedOn), refused: refuseProposal(deal, { terms, basedOn }, as, now) }
    case 'offer.counter':
      return { fact: proposal(deal.binding), refused: refuseOfferMove(deal, { move: 'counter', offer, terms }, as, now) }
    case 'offer.accept':
      return {
        fact: { type: 'offer.accepted', deal: { offer, by: side, hash, attestation } },
        refused: refuseOfferMove(deal, { move: 'accept', offer, hash }, as, now),
      }
    case 'offer.decline':
      return { fact: closed('offer.declined'), refused: refuseOfferMove(deal, { move: 'decline', offer }, as, now) }
    case 'offer.withdraw':
      return { fact: closed('offer.withdrawn'), refused: refuseOfferMove(deal, { move: 'withdraw', offer }, as, now) }
    case 'offer.comment':
      return {
        fact: { type: 'offer.commented', deal: { offer, term, item }, personal: { text } },
        refused: refuseComment(deal, { offer, term, item }, as),
      }
    case 'milestone.move': {
      const { milestone, move } = said
      const from = deal.milestones.find((one) => one.milestone === milestone)?.state ?? 'due'
      const its = { milestone, move, from, to: nextMilestone(from, move, as), as: side }
      const fact = { type: 'milestone.statusChanged', deal: its, personal: { note } }
      return { fact, refused: refuseMilestoneMove(deal, { milestone, move }, as) }
    }
    case 'application.move': {
      const { state: from, version } = deal
      const to = nextApplication(from, said.move, as)
      const fact = { type: 'application.statusChanged', deal: { move: said.move, from, to, version: version + 1 }, personal: { reason } }
      const illegal: Refusal = { code: 'application.illegalMove', why: '' }
      return { fact, refused: version !== said.version ? stale : to ? null : illegal }
    }
    default: {
      const { deliverable, submitted } = said
      const move: DeliverableMove = name === 'deliverable.submit' ? 'submit' : said.move
      const from = deal.deliverables.find((one) => one.deliverable === deliverable)?.state ?? 'due'
      const its = { deliverable, move, from, to: nextDeliverable(from, move, as), as: side }
      const order = { deliverable, move, ...(submitted !== undefined && { submitted }) }
      return {
        fact: { type: 'deliverable.statusChanged', deal: its, personal: { links, note } },
        refused: refuseDeliverableMove(deal, order, as),
      }
    }
  }
}
