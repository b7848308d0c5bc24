import type { Json } from '../contract/canonical.ts'
import type { RoomId } from '../contract/ids.ts'
import type { ProofKey } from '../contract/proof.ts'
import { thumbprint } from './keys.ts'
import { keyFrom, lineOf, type Parts, rechained, sealed, signedCheckpoint } from './testing-lines.ts'
import type { Odd } from './testing-odd-files.ts'
import {
  acceptance,
  goodParts,
  memberOf,
  ownHub,
  type Part,
  proposal,
  resealed,
  type Told,
  withEntries,
  withPart,
} from './testing-own-hub.ts'
import { randomFrom } from './testing-random.ts'

const parts = goodParts()
const kid = ownHub.jwk.kid
const next = parts.entries.length + 1
const deep = (n: number): Json => (n === 0 ? 1 : [deep(n - 1)])

const odd = (what: string, says: Odd['says'], given: Partial<Parts> = {}): Odd => ({ what, says, kid, bytes: resealed(parts, given) })
/** These entries come last, and the deal that is stated is the one that the contract tells. */
const told = (what: string, says: Odd['says'], ...entries: Told[]): Odd => odd(what, says, { entries: withEntries(parts, ...entries) })
const holds: Odd['says'] = { ok: true }
const wrong = (problem: string, seq: number | null, line = (seq ?? 0) + 1): Odd['says'] => ({
  ok: false,
  problem: problem as never,
  seq,
  line,
})
/** The n-th of these entries is malformed. */
const malformed = (nth: number): Odd['says'] => wrong('file.malformed', null, next + nth)

/** What a type, a part or a header may be, and may not. */
function entries(): Odd[] {
  const types = [
    '',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'entry',
    'a\u0000b',
    '\u2028',
    '🎬',
    '\x7f',
    'offer.proposed ',
    'Offer.proposed',
  ]
  const texts = [
    '',
    'no JSON',
    '{"a":1,"a":2}',
    '1.0',
    '[',
    '\u0000\u0007\n\r\t',
    '🎬\ufb33\u2028',
    '['.repeat(100_000),
    '9'.repeat(10_000),
  ]
  const filled = (length: number): Told => ({ type: 'a', personal: 'x'.repeat(length) })
  const empty = { ...withEntries(parts, filled(0)).at(-1)!, hash: 'a'.repeat(64) }
  const left = 16_777_216 - Buffer.byteLength(lineOf({ entry: empty }))
  return [
    ...types.map((type) => told(`the type ${JSON.stringify(type)}`, holds, { type, says: { a: 1 } })),
    ...texts.map((text) =>
      told(`the deal part ${JSON.stringify(text.slice(0, 20))} of no known type`, holds, { type: 'something.unknown', deal: text }),
    ),
    ...texts.map((text) =>
      told(`the personal part ${JSON.stringify(text.slice(0, 20))}`, holds, { type: 'chat.messageSent', personal: text }),
    ),
    told('a moment that no calendar has', holds, { type: 'a', at: '9999-99-99T99:99:99.999Z' }),
    told('the greatest version', holds, { type: 'a', version: 2 ** 53 - 1 }),
    told('the longest line', holds, filled(left)),
    told('a line that is a byte too long', malformed(1), filled(left + 1)),
    told('a role that objects have', holds, { type: 'room.memberAdded', says: { member: memberOf(parts, 'viewer'), role: 'constructor' } }),
    told('a deal part 64 deep', holds, { type: 'room.memberRemoved', says: { a: deep(63), member: memberOf(parts, 'viewer') } }),
    told('a deal part 65 deep', malformed(1), { type: 'room.memberRemoved', says: { a: deep(64), member: memberOf(parts, 'viewer') } }),
    told('a deal part with a fraction', malformed(1), { type: 'room.memberRemoved', says: { a: 1.5, member: memberOf(parts, 'viewer') } }),
    told('a deal part that is null', malformed(1), { type: 'room.memberRemoved', deal: 'null' }),
    told('a deal part that is an array', malformed(1), { type: 'log.erased', deal: '[]' }),
    told('a deal part that is empty', malformed(1), { type: 'log.erased', deal: '' }),
  ]
}

/** Words that are gone, and why. */
function hidden(): Odd[] {
  const gone = 'c'.repeat(64)
  const erased = (seqs: number[]): Told => ({ type: 'log.erased', says: { reason: 'legalOrder', seqs } })
  const deleted = (message: number): Told => ({ type: 'chat.messageDeleted', says: { message } })
  const sent: Told = { type: 'chat.messageSent', withheld: gone }
  const edited = (message: number): Told => ({ type: 'chat.messageEdited', says: { message }, withheld: gone })
  return [
    told('words beside their erasure', wrong('hash.differs', next), { type: 'a', personal: '{}', erased: gone }, erased([next])),
    told('empty words beside their withdrawal', wrong('hash.differs', next), { ...sent, personal: '' }, deleted(next)),
    told('erased and taken back', wrong('hash.differs', next), { ...sent, erased: gone }, deleted(next), erased([next])),
    told('erased, as is told later', holds, { type: 'a', erased: gone }, { type: 'b' }, erased([next, next, 9_000_000])),
    told('erased, as was told before', wrong('payload.missing', next + 1), erased([next + 1]), { type: 'a', erased: gone }),
    told('an erasure that erases itself', wrong('payload.missing', next), { ...erased([next]), erased: gone }),
    told('an erasure of nothing', holds, erased([])),
    told('an erasure of what is no number', malformed(1), { type: 'log.erased', says: { reason: 'legalOrder', seqs: [0] } }),
    told('taken back later', holds, sent, deleted(next)),
    told('taken back before', holds, deleted(next + 1), sent),
    told('an edit taken back with its message', holds, { type: 'chat.messageSent' }, edited(next), deleted(next)),
    told('an edit taken back by itself', wrong('payload.missing', next + 1), { type: 'chat.messageSent' }, edited(next), deleted(next + 1)),
    told('what is no message taken back', wrong('payload.missing', next), { type: 'a', withheld: gone }, deleted(next)),
    told('taken back, but only erased is told', wrong('payload.missing', next), sent, erased([next])),
    told('erased, but only taken back', wrong('payload.missing', next), { type: 'chat.messageSent', erased: gone }, deleted(next)),
    told('two are missing', wrong('payload.missing', next), sent, { type: 'a', erased: gone }),
  ]
}

/** Offers, acceptances, and what follows from them. */
function deals(): Odd[] {
  const terms = parts.deal!.offers.find(({ offer }) => offer === parts.deal!.binding)!.terms as unknown as Part
  const piece = (terms.deliverables as Part[])[0]!
  const of = (...counts: number[]): Part => ({ ...terms, deliverables: counts.map((count) => ({ ...piece, count })) })
  const agreed = (what: string, says: Odd['says'], other: Part, ...more: Told[]) =>
    told(what, says, proposal(parts, other), acceptance(parts, other), ...more)
  const strange: Part = JSON.parse('{"10":1,"9":2,"__proto__":{"a":1},"constructor":null,"\\ud83c\\udfac":1,"\\ufb33":2,"":[]}')
  const accepts = (what: string, problem: string, one: Told) => told(what, wrong(problem, next + 1), proposal(parts, terms), one)
  const stranger = keyFrom(randomFrom(5), parts.at)
  const says = (one: Told, more: Part): Told => ({ ...one, says: { ...(one.says as Part), ...more } })
  const proposes = (what: string, problem: Odd['says'], had: Part, other: Part = terms) => told(what, problem, proposal(parts, other, had))
  const attested = acceptance(parts, terms).says as { attestation: Part }
  const moved = (kind: string, n: number, move = 'submit', to = 'anything'): Told => ({
    type: `${kind}.statusChanged`,
    says: { [kind]: n, move, to },
  })
  return [
    agreed('terms with names that objects have', holds, { ...terms, ...strange }),
    agreed('a hundred pieces', holds, of(60, 40)),
    agreed(
      'other pieces, then the same',
      holds,
      of(1, 1, 2),
      moved('deliverable', 1),
      moved('deliverable', 2, 'requestRevision', 'approved'),
    ),
    agreed(
      'a due that is null, payments below zero',
      holds,
      { ...terms, payments: [{ amount: -(2 ** 53 - 1), due: '' }] },
      moved('milestone', 1, '', 'paid'),
    ),
    agreed('no pieces and no payments', holds, { ...terms, deliverables: [], payments: [] }),
    agreed('moves of what is not there', holds, terms, moved('deliverable', 999), moved('milestone', 999)),
    agreed(
      'a state that objects have',
      holds,
      terms,
      moved('deliverable', 1, '__proto__', '__proto__'),
      moved('milestone', 1, 'toString', 'constructor'),
    ),
    told('more than a hundred pieces', malformed(1), proposal(parts, of(60, 41))),
    told('too many of one piece', malformed(1), proposal(parts, of(101))),
    told('none of a piece', malformed(1), proposal(parts, of(0))),
    told('terms with a fraction', malformed(1), proposal(parts, { ...terms, a: 0.5 })),
    told('terms without a fee', malformed(1), proposal(parts, { ...terms, fee: null })),
    proposes('terms of another hash', wrong('terms.differ', next), { hash: 'd'.repeat(64) }),
    proposes('the number of an offer that there is', wrong('terms.differ', next), { offer: 1 }),
    proposes('a number that leaves one out', wrong('terms.differ', next), { offer: parts.deal!.offers.length + 2 }),
    proposes('an offer by nobody', malformed(1), { by: 'viewer' }),
    proposes('more members than are named', holds, { basedOn: 77, validUntil: 'never', reason: 'x', acceptance: 1, state: 'accepted' }),
    accepts('an acceptance of what was declined', 'acceptance.notOpen', acceptance(parts, terms, { offer: 1 })),
    accepts('an acceptance of what never was', 'acceptance.notOpen', acceptance(parts, terms, { offer: 99 })),
    accepts('an acceptance of other terms', 'acceptance.otherTerms', acceptance(parts, terms, { hash: 'd'.repeat(64) })),
    accepts('an acceptance for the own side', 'acceptance.noRight', acceptance(parts, terms, { by: 'brand' })),
    accepts('an acceptance for the other side', 'acceptance.noRight', { ...acceptance(parts, terms), actor: memberOf(parts, 'owner') }),
    accepts('an acceptance by a viewer', 'acceptance.noRight', { ...acceptance(parts, terms), actor: memberOf(parts, 'viewer') }),
    accepts('an attestation by a key that is not listed', 'acceptance.badSignature', acceptance(parts, terms, {}, {}, stranger)),
    accepts('an attestation in another’s name', 'acceptance.badSignature', acceptance(parts, terms, {}, { keyId: kid }, stranger)),
    accepts(
      'an attestation of another method',
      'acceptance.badSignature',
      says(acceptance(parts, terms), { attestation: { ...attested.attestation, method: 'passkey' } }),
    ),
    told(
      'an attestation that says more',
      malformed(2),
      proposal(parts, terms),
      says(acceptance(parts, terms), { attestation: { ...attested.attestation, a: 1 } }),
    ),
    told(
      'an acceptance after its member was removed',
      wrong('acceptance.noRight', next + 2),
      proposal(parts, terms),
      { type: 'room.memberRemoved', says: { member: memberOf(parts, 'creator') } },
      acceptance(parts, terms),
    ),
    told(
      'accepted twice',
      wrong('acceptance.notOpen', next + 2),
      proposal(parts, terms),
      acceptance(parts, terms),
      acceptance(parts, terms),
    ),
    told('submitted again', holds, { type: 'application.submitted', says: { applicationId: memberOf(parts, 'owner') } }),
    told('an end that is none', holds, proposal(parts, terms), {
      type: 'application.statusChanged',
      says: { to: '__proto__', version: 9 },
    }),
    told('an end', holds, proposal(parts, terms), { type: 'application.statusChanged', says: { to: 'cancelled', version: 9 } }),
    told('what was accepted is declined', holds, { type: 'offer.declined', says: { offer: parts.deal!.binding! } }),
    told('a comment on no offer', holds, { type: 'offer.commented', says: { offer: 99, term: '', item: 0 } }),
    odd('another deal', wrong('deal.differs', null, next + 3), { deal: { ...parts.deal!, version: 77 } }),
    odd('no deal is stated', wrong('deal.differs', null, next + 3), { deal: null }),
    odd('a deal with more members', wrong('deal.differs', null, next + 3), { deal: { ...parts.deal!, a: 1 } as never }),
    odd('terms changed under their hash', wrong('terms.differ', parts.deal!.offers.at(-1)!.seq), {
      entries: withPart(parts, 'offer.proposed', (part) => ({ ...part, terms: { ...(part.terms as Part), note: 'x' } })),
      deal: parts.deal,
    }),
  ]
}

/** Rooms without a deal. */
function dealless(): Odd[] {
  const only = (...list: Told[]) => ({ entries: withEntries({ entries: parts.entries.slice(0, 1) }, ...list), checkpoints: [], deal: null })
  const terms = parts.deal!.offers[0]!.terms as unknown as Json
  const first = proposal(parts, terms, { offer: 1 })
  return [
    odd('no deal', holds, only()),
    odd('proposals without a deal', holds, only(first, first, { type: 'offer.declined', says: { offer: 1 } })),
    odd('a second proposal without a deal', wrong('terms.differ', 2), only(proposal(parts, terms, { offer: 2 }))),
    odd('an acceptance without a deal', wrong('acceptance.notOpen', 3), only(first, acceptance(parts, terms, { offer: 1 }))),
    odd('a state without a deal', holds, only({ type: 'application.statusChanged', says: { to: 'agreed', version: 2 } })),
    odd('a deal out of nothing', wrong('deal.differs', null, 3), { ...only(), deal: {} as never }),
  ]
}

/** Keys, checkpoints and seals. */
function signatures(): Odd[] {
  const entries = rechained(parts.room, parts.entries)
  const last = entries.at(-1)!
  const listed = [...parts.keys, ownHub.jwk]
  const jwk = (bytes: Uint8Array, also: Partial<ProofKey> = {}): ProofKey => {
    const x = Buffer.from(bytes).toString('base64url')
    return { ...ownHub.jwk, x, kid: thumbprint(x), ...also }
  }
  const noPoint = jwk(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 2 : 0)))
  const stranger = keyFrom(randomFrom(5), parts.at)
  const swears = (what: string, problem: string, seq: number, change: object, by = ownHub) => {
    const checkpoint = signedCheckpoint(by, { ...last, ...change }, parts.room, parts.at)
    return odd(what, wrong(problem, seq, next + 1), {
      checkpoints: [{ ...checkpoint, ...('stream' in change && { stream: ID as RoomId }) }],
    })
  }
  const seal = (what: string, problem: string, had: object, keys = listed, by = ownHub): Odd => {
    const bytes = sealed({ ...parts, entries, keys, checkpoints: [] }, by, had)
    return { what, bytes, kid, says: wrong(problem, null, next + 2) }
  }
  const good = sealed({ ...parts, entries, keys: listed, checkpoints: [] }, ownHub)
  const signature = Buffer.from(JSON.parse(Buffer.from(good).toString().trimEnd().split('\n').at(-1)!).seal.signature, 'base64url')
  return [
    odd('a key twice', holds, { keys: [...listed, ownHub.jwk] }),
    odd('a key that is no point', holds, { keys: [...listed, noPoint] }),
    odd('a key under another’s id', wrong('key.differs', null, 1), { keys: [...listed, { ...noPoint, kid }] }),
    swears('a checkpoint beyond the end', 'tail.cut', next, { seq: next }),
    swears('a checkpoint far beyond the end', 'tail.cut', 2 ** 53 - 1, { seq: 2 ** 53 - 1 }),
    swears('a checkpoint of another hash', 'checkpoint.differs', next - 1, { hash: 'e'.repeat(64) }),
    swears('a checkpoint of another room', 'checkpoint.badSignature', next - 1, { stream: ID }),
    swears('a checkpoint by a stranger', 'checkpoint.badSignature', next - 1, {}, stranger),
    seal('a seal of another seq', 'seal.differs', { seq: 1 }),
    seal('a seal of another hash', 'seal.differs', { hash: 'f'.repeat(64) }),
    seal('a seal of other bytes', 'seal.differs', { sha256: 'f'.repeat(64) }),
    seal('a seal of other lines', 'seal.differs', { lines: 1 }),
    seal('a seal of another key’s name', 'key.notPinned', { keyId: stranger.jwk.kid }),
    seal('a seal by who is listed but not pinned', 'key.notPinned', {}, [...listed, stranger.jwk], stranger),
    seal('a seal by who is pinned but not listed', 'seal.badSignature', {}, parts.keys),
    seal('a seal by another in the name of who is pinned', 'seal.badSignature', { keyId: kid }, listed, stranger),
    seal('a seal whose S has the order added', 'seal.badSignature', { signature: plusOrder(signature).toString('base64url') }),
    { ...seal('a seal by what is no point', 'seal.badSignature', { keyId: noPoint.kid }, [...listed, noPoint]), kid: noPoint.kid },
  ]
}
const ID = '00000000-0000-8000-8000-00000000aaaa'

/** The same signature, but for those who do not ask that S be less than the order. */
function plusOrder(signature: Buffer): Buffer {
  const s =
    BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + 2n ** 252n + 27742317777372353535851937790883648493n
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
}

/** Files that a hub has signed, but that no hub of ours would write. */
export const oddRooms = (): Odd[] => [...entries(), ...hidden(), ...deals(), ...dealless(), ...signatures()]
