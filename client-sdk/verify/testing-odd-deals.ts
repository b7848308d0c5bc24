import type { Json } from '../contract/canonical.ts'
import { keyFrom } from './testing-lines.ts'
import { holds, kid, malformed, next, type Odd, odd, parts, told, wrong } from './testing-odd.ts'
import { acceptance, memberOf, type Part, proposal, type Told, withEntries, withPart } from './testing-own-hub.ts'
import { randomFrom } from './testing-random.ts'

/** Offers, acceptances, and what follows from them. */
export function deals(): Odd[] {
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
    odd('another deal', wrong('deal.differs', null, next + 1 + parts.checkpoints.length), { deal: { ...parts.deal!, version: 77 } }),
    odd('no deal is stated', wrong('deal.differs', null, next + 1 + parts.checkpoints.length), { deal: null }),
    odd('a deal with more members', wrong('deal.differs', null, next + 1 + parts.checkpoints.length), {
      deal: { ...parts.deal!, a: 1 } as never,
    }),
    odd('terms changed under their hash', wrong('terms.differ', parts.deal!.offers.at(-1)!.seq), {
      entries: withPart(parts, 'offer.proposed', (part) => ({ ...part, terms: { ...(part.terms as Part), note: 'x' } })),
      deal: parts.deal,
    }),
  ]
}

/** Rooms without a deal. */
export function dealless(): Odd[] {
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
