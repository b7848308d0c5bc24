import { expect, test } from 'vitest'
import { nextOffer, type OfferActor, type OfferState, offerMoves, offerStates } from './machine.ts'

// Every move is written down a second time, so a change to the machine is a change to this list.
const allowed: Record<OfferState, string> = {
  proposed:
    'other counter → countered, other accept → accepted, other decline → declined, proposer withdraw → withdrawn, system expire → expired',
  accepted: '',
  countered: '',
  declined: '',
  withdrawn: '',
  expired: '',
}
const actors: readonly OfferActor[] = ['proposer', 'other', 'system']
const pairs = offerStates.flatMap((from) => actors.map((by) => ({ from, by })))
test.each(pairs)('from $from $by may make the listed moves and no other', ({ from, by }) => {
  const possible = offerMoves.map((move) => `${by} ${move} → ${nextOffer(from, move, by)}`).filter((line) => !line.endsWith('null'))
  const listed = allowed[from].split(', ').filter((line) => line.startsWith(`${by} `))
  expect(possible.sort()).toEqual(listed.sort())
})
