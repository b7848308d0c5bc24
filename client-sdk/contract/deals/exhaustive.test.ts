import { expect, test } from 'vitest'
import { type ApplicationMove, isFinal, nextApplication } from '../applications/machine.ts'
import { deliverableMoves } from '../deliverables/machine.ts'
import { milestoneMoves } from '../milestones/machine.ts'
import type { Terms } from '../offers/schema.ts'
import { type Actor, partyOf } from '../sides.ts'
import {
  bindingOffer,
  nextMoves,
  openOffer,
  type Refusal,
  refuseDeliverableMove,
  refuseMilestoneMove,
  refuseOfferMove,
  refuseProposal,
} from './rules.ts'
import type { Deal } from './schema.ts'
import { begun, type Done, done, expired, moved, termsWith } from './testing.ts'

/** So many moves one after the other, whoever makes them. */
const DEPTH = 8
const BEFORE = '2026-01-01T00:00:00.000Z'
const UNTIL = '2026-01-02T00:00:00.000Z'

const part = (amount: number, due: 'onAgreement' | 'onApproval') => ({ amount, due })
/** Two ways of dividing the same fee, for other work. What was paid by one cannot go on by the other. */
const proposals: Record<'A' | 'B', { terms: Terms; hash: string }> = {
  A: { terms: termsWith({ payments: [part(60, 'onAgreement'), part(40, 'onApproval')] }), hash: 'a'.repeat(64) },
  B: {
    terms: termsWith({ revisionRounds: 0, deliverables: [{ platform: 'youtube', format: 'video', count: 1, due: null }] }),
    hash: 'b'.repeat(64),
  },
}
const letters = ['A', 'B'] as const

/** `isPast`: the time of the open version is over, and nobody has said so. */
type State = { deal: Deal; isPast: boolean }
const nowIn = ({ isPast }: State): string => (isPast ? UNTIL : BEFORE)
type Move = { as: Actor; name: string; refusal(state: State): Refusal | null; to(state: State): State }

/** Whoever tells something tells first what has run out. */
const tell = ({ deal, isPast }: State, as: Actor, its: Done): State => ({
  deal: done(isPast ? expired(deal) : deal, as, its),
  isPast: false,
})
const latest = (deal: Deal): number => Math.max(1, deal.offers.length)
const impossible: Refusal = { code: 'application.illegalMove', why: 'By its machine' }

function movesOf(as: Actor): Move[] {
  const proposing = letters.flatMap((letter): Move[] => {
    const its = { ...proposals[letter], validUntil: UNTIL }
    const to = (state: State) => tell(state, as, { do: 'propose', ...its })
    const refuse = (basedOn: (deal: Deal) => number | null) => (state: State) =>
      refuseProposal(state.deal, { terms: its.terms, basedOn: basedOn(state.deal) }, as, nowIn(state))
    return [
      { as, name: `propose ${letter}`, to, refusal: refuse(({ binding }) => binding) },
      { as, name: `propose ${letter} on another`, to, refusal: refuse(({ binding }) => (binding ?? 0) + 1) },
      {
        as,
        name: `counter ${letter}`,
        to,
        refusal: (state) => refuseOfferMove(state.deal, { move: 'counter', offer: latest(state.deal), terms: its.terms }, as, nowIn(state)),
      },
    ]
  })
  const accepting = letters.map((letter): Move => {
    const { hash } = proposals[letter]
    return {
      as,
      name: `accept ${letter}`,
      refusal: (state) => refuseOfferMove(state.deal, { move: 'accept', offer: latest(state.deal), hash }, as, nowIn(state)),
      to: (state) => tell(state, as, { do: 'accept', offer: latest(state.deal), hash }),
    }
  })
  const closing = (['decline', 'withdraw'] as const).map(
    (move): Move => ({
      as,
      name: move,
      refusal: (state) => refuseOfferMove(state.deal, { move, offer: latest(state.deal) }, as, nowIn(state)),
      to: (state) => tell(state, as, { do: move, offer: latest(state.deal) }),
    }),
  )
  const working = (['submit', 'approve', 'requestRevision', 'dispute', 'cancel'] as const).flatMap((move) =>
    [1, 2].map(
      (number): Move => ({
        as,
        name: `${move} ${number}`,
        refusal: ({ deal }) => refuseDeliverableMove(deal, { deliverable: number, move }, as),
        to: (state) => tell(state, as, { do: 'deliverable', number, move }),
      }),
    ),
  )
  const paying = (['invoice', 'pay'] as const).map(
    (move): Move => ({
      as,
      name: move,
      refusal: ({ deal }) => refuseMilestoneMove(deal, { milestone: 1, move }, as),
      to: (state) => tell(state, as, { do: 'milestone', number: 1, move }),
    }),
  )
  const deciding = (['decline', 'withdraw', 'expire', 'cancel.request', 'cancel.revoke', 'cancel.confirm'] satisfies ApplicationMove[]).map(
    (move): Move => ({
      as,
      name: `application.${move}`,
      refusal: ({ deal }) => (nextApplication(deal.state, move, as) ? null : impossible),
      to: ({ deal }) => ({ deal: moved(deal, move, as), isPast: false }),
    }),
  )
  return [...proposing, ...accepting, ...closing, ...working, ...paying, ...deciding]
}
const time: Move[] = [
  {
    as: 'system',
    name: 'time',
    refusal: ({ deal, isPast }) => (openOffer(deal) && !isPast ? null : impossible),
    to: ({ deal }) => ({ deal, isPast: true }),
  },
  {
    as: 'system',
    name: 'sweep',
    refusal: ({ isPast }) => (isPast ? null : impossible),
    to: ({ deal }) => ({ deal: expired(deal), isPast: false }),
  },
]
const actors = ['owner', 'creator', 'admin', 'viewer', 'system'] as const
const moves = [...actors.flatMap(movesOf), ...time]

/**
 * What a deal's future depends on. Of versions that are closed only what became of them, since they are all refused by that; no seqs, and
 * no numbers but how many versions there are.
 */
function keyOf({ deal, isPast }: State): string {
  const { state, offers, deliverables, milestones } = deal
  const open = openOffer(deal)
  const closed = [...new Set(offers.flatMap((one) => (one === open ? [] : [one.state])))].sort()
  const work = deliverables.map((one) => [one.platform, one.state, one.rounds, one.submitted === null])
  return JSON.stringify([
    state,
    isPast,
    open && [open.by, open.hash, open.basedOn === deal.binding],
    bindingOffer(deal)?.hash,
    closed,
    work,
    milestones.map((one) => [one.amount, one.state]),
  ])
}

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

/** Throws where a step breaks what may never be broken. */
function check(before: State, { as, name, refusal }: Move, after: State): void {
  const [was, is] = [before.deal, after.deal]
  const why = `${as} ${name}: ${keyOf(before)} → ${keyOf(after)}`
  if (refusal(before) !== null) throw new Error(`Refused, and done: ${why}`)
  const open = openOffer(was)
  if (bindingOffer(is)?.hash !== bindingOffer(was)?.hash || is.binding !== was.binding) {
    const isBoth = open !== null && is.binding === open.offer && name === `accept ${open.hash[0]!.toUpperCase()}` && partyOf(as) !== null
    if (!isBoth || partyOf(as) === open.by || before.isPast) throw new Error(`Terms bind that one side has not accepted: ${why}`)
    if (is.offers[open.offer - 1]!.acceptance?.by !== partyOf(as)) throw new Error(`It is not said who accepted: ${why}`)
  }
  if (is.offers.filter(({ state }) => state === 'proposed').length > 1) throw new Error(`Two versions are open: ${why}`)
  for (const offer of was.offers) {
    const now = is.offers[offer.offer - 1]!
    if (offer.state !== 'proposed' && now !== offer) throw new Error(`What was closed has changed: ${why}`)
    if (now.terms !== offer.terms || now.hash !== offer.hash || now.by !== offer.by) throw new Error(`A version has changed: ${why}`)
  }
  if (isFinal(was.state) && (is.state !== was.state || is.offers !== was.offers)) throw new Error(`It was over: ${why}`)
  if (isFinal(is.state) && openOffer(is)) throw new Error(`It is over, and a version is open: ${why}`)
  if ((is.binding === null) !== (is.deliverables.length === 0)) throw new Error(`Work that nothing binds to: ${why}`)
}

/** Throws where `nextMoves` says another thing than the rules. Terms that bind already may always be proposed again, as far as terms go. */
function checkNext(state: State): void {
  const { deal } = state
  const now = nowIn(state)
  const open = openOffer(deal)
  const { terms } = bindingOffer(deal) ?? proposals.A
  for (const as of actors) {
    const may = (refusal: Refusal | null) => refusal === null
    const offer = open?.offer ?? 0
    const allowed = {
      propose: may(refuseProposal(deal, { terms, basedOn: deal.binding }, as, now)),
      offer: [
        ...(may(refuseOfferMove(deal, { move: 'counter', offer, terms }, as, now)) ? ['counter'] : []),
        ...(may(refuseOfferMove(deal, { move: 'accept', offer, hash: open?.hash ?? '' }, as, now)) ? ['accept'] : []),
        ...(['decline', 'withdraw'] as const).filter((move) => may(refuseOfferMove(deal, { move, offer }, as, now))),
      ],
      deliverables: Object.fromEntries(
        deal.deliverables.map(({ deliverable }) => [
          deliverable,
          deliverableMoves.filter((move) => as !== 'system' && may(refuseDeliverableMove(deal, { deliverable, move }, as))),
        ]),
      ),
      milestones: Object.fromEntries(
        deal.milestones.map(({ milestone }) => [
          milestone,
          milestoneMoves.filter((move) => may(refuseMilestoneMove(deal, { milestone, move }, as))),
        ]),
      ),
    }
    const said = nextMoves(deal, as, now)
    if (JSON.stringify(said) !== JSON.stringify(allowed))
      throw new Error(`${as} is told ${JSON.stringify(said)} where ${JSON.stringify(allowed)} is allowed: ${keyOf(state)}`)
  }
}

/** Closed versions are refused by what became of them, to everybody who may do anything at all. */
function checkClosed(state: State): void {
  const { deal } = state
  for (const { offer, state: fate, hash } of deal.offers) {
    if (fate === 'proposed') continue
    for (const as of ['owner', 'creator'] as const)
      for (const order of [
        { move: 'accept', offer, hash },
        { move: 'decline', offer },
        { move: 'counter', offer, ...proposals.A },
      ] as const)
        if (refuseOfferMove(deal, order, as, nowIn(state))?.code !== `offer.${fate}`)
          throw new Error(`${order.move} of ${fate}: ${keyOf(state)}`)
  }
}

test(`no ${DEPTH} moves lead to terms that one side has not accepted, to two open versions, or on from where it was over`, () => {
  const first: State = frozen({ deal: begun(), isPast: false })
  const seen = new Set([keyOf(first)])
  let front = new Map([[keyOf(first), { state: first, paths: 1 }]])
  let [paths, steps, refused] = [0, 0, 0]
  for (let depth = 1; depth <= DEPTH; depth++) {
    const next = new Map<string, { state: State; paths: number }>()
    for (const { state, paths: ways } of front.values()) {
      checkNext(state)
      checkClosed(state)
      for (const move of moves) {
        if (move.refusal(state) !== null) {
          refused++
          continue
        }
        steps++
        paths += ways
        const to = frozen(move.to(state))
        check(state, move, to)
        const key = keyOf(to)
        const known = next.get(key)
        if (known) known.paths += ways
        else next.set(key, { state: to, paths: ways })
        seen.add(key)
      }
    }
    front = next
  }
  for (const { state } of front.values()) checkNext(state)
  expect({ depth: DEPTH, states: seen.size, paths, steps, refused }).toMatchInlineSnapshot(`
    {
      "depth": 8,
      "paths": 4502162,
      "refused": 640034,
      "states": 6127,
      "steps": 42844,
    }
  `)
}, 60_000)
