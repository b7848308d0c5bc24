import { expect, test } from 'vitest'
import {
  type ApplicationActor,
  type ApplicationState,
  applicationMoves,
  applicationStates,
  isFinal,
  isOpen,
  nextApplication,
  nextApplicationMoves,
} from './machine.ts'

// Every move is written down a second time, so a change to the machine is a change to this list.
const endings = 'brand decline → declined, system decline → declined, creator withdraw → withdrawn, system expire → expired'
const offers = 'brand firstOffer → negotiating, creator firstOffer → negotiating'
const requests = (state: string) => `brand cancel.request → ${state}+brand, creator cancel.request → ${state}+creator`
const confirms = (side: string) => `${side} cancel.confirm → cancelled, admin cancel.confirm → cancelled`
const allowed: Record<ApplicationState | 'none', string> = {
  none: 'creator submit → submitted',
  submitted: `brand shortlist → shortlisted, ${offers}, brand accept → agreed, ${endings}`,
  shortlisted: `${offers}, brand accept → agreed, ${endings}`,
  negotiating: `brand accept → agreed, creator accept → agreed, ${endings}`,
  agreed: `creator firstDelivery → delivering, ${requests('agreed')}`,
  'agreed+brand': `creator firstDelivery → delivering+brand, brand cancel.revoke → agreed, ${confirms('creator')}`,
  'agreed+creator': `creator firstDelivery → delivering+creator, creator cancel.revoke → agreed, ${confirms('brand')}`,
  delivering: `system allApproved → completed, ${requests('delivering')}`,
  'delivering+brand': `system allApproved → completed, brand cancel.revoke → delivering, ${confirms('creator')}`,
  'delivering+creator': `system allApproved → completed, creator cancel.revoke → delivering, ${confirms('brand')}`,
  completed: '',
  declined: '',
  withdrawn: '',
  expired: '',
  cancelled: '',
}
const sides: Record<ApplicationActor, string> = {
  owner: 'brand',
  manager: 'brand',
  viewer: 'nobody',
  creator: 'creator',
  system: 'system',
  admin: 'admin',
}
const froms = ['none', ...applicationStates] as const
const pairs = froms.flatMap((from) => (Object.keys(sides) as ApplicationActor[]).map((by) => ({ from, by })))
test.each(pairs)('from $from $by may make the listed moves and no other', ({ from, by }) => {
  const line = (move: (typeof applicationMoves)[number]) => `${sides[by]} ${move} → ${nextApplication(from, move, by)}`
  const possible = applicationMoves.map(line).filter((text) => !text.endsWith('null'))
  const listed = allowed[from].split(', ').filter((text) => text.startsWith(`${sides[by]} `))
  expect(possible.sort()).toEqual(listed.sort())
  expect(nextApplicationMoves(from, by).map(line).sort()).toEqual(possible)
})

test('what waits for somebody, what is agreed and what is over are three', () => {
  expect(applicationStates.filter(isOpen)).toEqual(['submitted', 'shortlisted', 'negotiating'])
  expect(applicationStates.filter(isFinal)).toEqual(['completed', 'declined', 'withdrawn', 'expired', 'cancelled'])
  for (const state of applicationStates.filter(isFinal)) expect(allowed[state]).toBe('')
})
