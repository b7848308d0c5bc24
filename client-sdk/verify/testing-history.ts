import { canonical, type Json } from '../contract/canonical.ts'
import { commitment, genesis, hex } from '../contract/chain.ts'
import type { Checkpoint } from '../contract/checkpoint.ts'
import { nextMoves } from '../contract/deals/rules.ts'
import type { Deal } from '../contract/deals/schema.ts'
import type { ActorKey, ApplicationId, EventId, RoomId, SessionId } from '../contract/ids.ts'
import { acceptanceBytes, termsBytes } from '../contract/offers/bytes.ts'
import type { Terms } from '../contract/offers/schema.ts'
import { termNames } from '../contract/offers/term-names.ts'
import { hashOf, type ProofEntry } from '../contract/proof.ts'
import type { Role } from '../contract/roles.ts'
import { digest } from './digest.ts'
import { keyFrom, signed, signedCheckpoint, type TestKey, told } from './testing-lines.ts'
import type { Random } from './testing-random.ts'

const SYSTEM = '00000000-0000-8000-8000-000000000001' as ActorKey
const WORDS = ['Hello', 'Grüße aus Kyjiw', '日本 🎬', 'a\u2028b\u0007"\\', 'Two reels, please', '\u001b[31mred\u001b[0m']

/** A room's history as it grows, by its own hub: everything in it is as the hub would have written it. */
export class History {
  readonly room: RoomId
  readonly keys: TestKey[]
  readonly members: Record<Role, ActorKey>
  readonly checkpoints: Checkpoint[] = []
  entries: ProofEntry[] = []
  #deal: Deal | null = null
  #folded = 0
  #hash: Uint8Array
  #now = Date.parse('2026-03-01T10:00:00.000Z')
  readonly #random: Random

  constructor(random: Random, hub: TestKey) {
    this.#random = random
    this.room = random.uuid()
    this.keys = [hub]
    this.#hash = genesis(digest, this.room)
    this.members = { owner: random.uuid(), manager: random.uuid(), viewer: random.uuid(), creator: random.uuid() }
  }

  get deal(): Deal | null {
    this.#deal = told(this.room, this.entries.slice(this.#folded), this.#deal)
    this.#folded = this.entries.length
    return this.#deal
  }
  get now(): string {
    return new Date(this.#now).toISOString()
  }
  get signer(): TestKey {
    return this.keys.at(-1)!
  }
  words(): string {
    return this.#random.pick(WORDS)
  }

  /** The hub tells a fact. Gives its seq. */
  tell(actor: ActorKey, type: string, deal: Json, personal: Json = null): number {
    const { uuid, hexOf, int } = this.#random
    this.#now += 1 + int(100_000)
    const parts = {
      deal: deal === null ? null : canonical(deal),
      dealSalt: deal === null ? null : hexOf(16),
      personal: personal === null ? null : canonical(personal),
      personalSalt: personal === null ? null : hexOf(16),
    }
    const seq = this.entries.length + 1
    const header = { seq, id: uuid<EventId>(), type, version: 1, actor, at: this.now }
    const entry = { ...header, ...parts, erased: null, withheld: null, hash: '' }
    this.#hash = hashOf(digest, this.#hash, this.room, entry)
    this.entries.push({ ...entry, hash: hex(this.#hash) })
    return seq
  }

  /** The personal parts of these are not shown any more, and what they committed to stays. */
  hide(seqs: readonly number[], how: 'erased' | 'withheld'): void {
    this.entries = this.entries.map((entry) => {
      if (!seqs.includes(entry.seq) || entry.personal === null) return entry
      const hidden = hex(commitment(digest, entry.personal, Buffer.from(entry.personalSalt!, 'hex')))
      return { ...entry, personal: null, personalSalt: null, [how]: hidden }
    })
  }

  checkpoint(): void {
    const last = this.entries.at(-1)!
    if (this.checkpoints.at(-1)?.seq !== last.seq) this.checkpoints.push(signedCheckpoint(this.signer, last, this.room, this.now))
  }

  /** The hub starts with another key. */
  rotate(): void {
    this.keys.push(keyFrom(this.#random, this.now))
  }
}

/** Who is in the room, and what it is about. */
export function begin(history: History, random: Random, isDeal: boolean): void {
  const { members } = history
  history.tell(SYSTEM, 'room.created', { kind: isDeal ? 'application' : 'campaign' }, { title: history.words() })
  if (isDeal) {
    const ids = { applicationId: random.uuid<ApplicationId>(), campaignId: random.uuid<string>() }
    history.tell(members.creator, 'application.submitted', ids, { cover: history.words(), answers: [] })
    if (random.chance(0.3)) propose(history, random, 'creator')
  }
  for (const role of ['owner', 'manager', 'viewer', ...(isDeal ? ['creator' as const] : [])] as const)
    history.tell(members[role], 'room.memberAdded', { member: members[role], role }, { name: history.words() })
}

const AMOUNTS = [0, 1, 20_000, 150_050, 2 ** 40]
const someTerms = ({ int, pick, hexOf, chance }: Random): Terms => {
  const amount = pick(AMOUNTS)
  const first = Math.floor(amount / 2)
  const piece = () => ({
    platform: pick(['instagram', 'tiktok']),
    format: pick(['Reel', 'Story']),
    count: 1 + int(2),
    due: pick([null, '2026-06-01']),
  })
  return {
    fee: { amount, currency: pick(['EUR', 'UAH']) },
    deliverables: Array.from({ length: 1 + int(2) }, piece),
    usage: { channels: ['Instagram'], territories: ['DE'], months: chance(0.5) ? null : 1 + int(24) },
    exclusivity: chance(0.5) ? null : { scope: 'Чай', months: 3 },
    revisionRounds: int(3),
    payments: [
      { amount: first, due: 'onAgreement' },
      { amount: amount - first, due: 'onApproval' },
    ],
    clauses: chance(0.5) ? [] : [pick(WORDS)],
    nonce: hexOf(16),
  } as Terms
}

export function propose(history: History, random: Random, by: 'brand' | 'creator'): void {
  const binding = history.deal?.binding ?? null
  const before = history.deal?.offers.find(({ offer }) => offer === binding)?.terms
  // Currency and payments stay in an amendment, since some may be paid.
  const terms = { ...someTerms(random), ...(before && { fee: before.fee, payments: before.payments }) }
  const offer = (history.deal?.offers.length ?? 0) + 1
  const hash = hex(digest.sha256(termsBytes(terms)))
  const said = { offer, by, basedOn: binding, validUntil: random.pick([null, '2030-01-01T00:00:00.000Z']), terms, hash }
  history.tell(
    history.members[by === 'brand' ? random.pick(['owner', 'manager'] as const) : 'creator'],
    'offer.proposed',
    said as unknown as Json,
  )
}

/** A session proves who it is, and the hub signs that it does. */
export function attested(
  history: History,
  random: Random,
  { offer, hash, by, member }: { offer: number; hash: string; by: 'brand' | 'creator'; member: ActorKey },
  key = history.signer,
) {
  const rests = {
    kind: 'hub',
    session: random.uuid<SessionId>(),
    method: 'password',
    provedAt: history.now,
    at: history.now,
    keyId: key.jwk.kid,
  } as const
  const application = history.deal!.applicationId
  return { ...rests, signature: signed(key, acceptanceBytes({ room: history.room, application, offer, hash, by, member, ...rests })) }
}

/** Something that may happen to the deal as it stands; false where nothing may. */
export function step(history: History, random: Random): boolean {
  const { deal, members } = history
  if (!deal) return false
  if (random.chance(0.08)) return remind(history, random)
  const role = random.pick(['owner', 'manager', 'creator'] as const)
  const [member, by] = [members[role], role === 'creator' ? 'creator' : 'brand'] as const
  const moves = nextMoves(deal, role, history.now)
  const move = random.pick(moves.offer)
  const { offer, hash } = deal.offers.at(-1) ?? { offer: 0, hash: '' }
  if (moves.propose && random.chance(0.5)) propose(history, random, by)
  else if (move === 'counter') propose(history, random, by)
  else if (move === 'accept') {
    const attestation = attested(history, random, { offer, hash, by, member })
    history.tell(member, 'offer.accepted', { offer, by, hash, attestation })
    if (deal.binding === null) move_(history, member, 'accept', 'agreed')
  } else if (move === 'decline' || move === 'withdraw')
    history.tell(member, move === 'decline' ? 'offer.declined' : 'offer.withdrawn', { offer, by }, { reason: history.words() })
  else if (offer && random.chance(0.3))
    history.tell(
      member,
      'offer.commented',
      { offer, term: random.pick(termNames), item: random.pick([null, 0]) },
      { text: history.words() },
    )
  else if (deal.offers.at(-1)?.state === 'proposed' && random.chance(0.2)) history.tell(SYSTEM, 'offer.expired', { offer })
  else return work(history, random, role)
  return true
}

/** The platform reminds somebody of something. Nothing comes of it. */
function remind(history: History, random: Random): true {
  const { offers, deliverables } = history.deal!
  const [offer, piece] = [offers.at(-1), random.pick(deliverables.filter(({ due }) => due !== null))]
  if (offer?.state === 'proposed') {
    const to = offer.by === 'brand' ? 'creator' : 'brand'
    history.tell(SYSTEM, 'offer.reminded', { offer: offer.offer, kind: 'expiring', to })
  } else if (piece) {
    const { deliverable, due } = piece
    const kind = random.pick(['dueSoon', 'overdue', 'escalated'])
    history.tell(SYSTEM, 'deliverable.reminded', { deliverable, kind, due, to: kind === 'escalated' ? 'brand' : 'creator' })
  } else history.tell(SYSTEM, 'application.reminded', { kind: random.pick(['waiting', 'closing']), to: 'brand' })
  return true
}

const move_ = (history: History, actor: ActorKey, move: string, to: string): number => {
  const { state, version } = history.deal!
  return history.tell(actor, 'application.statusChanged', { move, from: state, to, version: version + 1 }, { reason: null })
}

/** A piece of work, or a payment, moves; or the deal itself. */
function work(history: History, random: Random, role: 'owner' | 'manager' | 'creator'): boolean {
  const { members } = history
  const deal = history.deal!
  const moves = nextMoves(deal, role, history.now)
  const as = role === 'creator' ? 'creator' : 'brand'
  const [pieces, payments] = [moves.deliverables, moves.milestones].map((all) =>
    Object.entries(all).flatMap(([number, its]) => (its as readonly string[]).map((move) => [Number(number), move] as const)),
  ) as [[number, string][], [number, string][]]
  const piece = random.pick(pieces)
  const payment = random.pick(payments)
  if (piece && random.chance(0.7)) {
    const [deliverable, move] = piece
    const from = deal.deliverables.find((one) => one.deliverable === deliverable)!.state
    const to = { submit: 'submitted', requestRevision: 'revisionRequested', approve: 'approved', dispute: 'disputed', cancel: 'cancelled' }[
      move
    ]!
    const links = move === 'submit' ? ['https://example.com/1'] : null
    history.tell(members[role], 'deliverable.statusChanged', { deliverable, move, from, to, as }, { links, note: history.words() })
  } else if (payment) {
    const [milestone, move] = payment
    const from = deal.milestones[milestone - 1]!.state
    const to = { invoice: 'invoiced', pay: 'paid', confirm: 'confirmed', dispute: 'disputed' }[move]!
    history.tell(members[role], 'milestone.statusChanged', { milestone, move, from, to, as }, { note: null })
  } else if (random.chance(0.05) && deal.binding === null && deal.state !== 'declined') move_(history, members.owner, 'decline', 'declined')
  else return false
  return true
}
