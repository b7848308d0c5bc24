import { expect, test } from 'vitest'
import type { Actor } from '../sides.ts'
import { type DeliverableState, deliverableMoves, deliverableStates, nextDeliverable } from './machine.ts'

// Every move is written down a second time, so a change to the machine is a change to this list.
const amended = 'system cancel → cancelled'
const allowed: Record<DeliverableState, string> = {
  due: `creator submit → submitted, ${amended}`,
  submitted: `brand requestRevision → revisionRequested, brand approve → approved, brand dispute → disputed, ${amended}`,
  revisionRequested: `creator submit → submitted, ${amended}`,
  disputed: `admin approve → approved, admin cancel → cancelled, ${amended}`,
  approved: '',
  cancelled: '',
}
const sides: Record<Actor, string> = {
  owner: 'brand',
  manager: 'brand',
  viewer: 'nobody',
  creator: 'creator',
  system: 'system',
  admin: 'admin',
}
const pairs = deliverableStates.flatMap((from) => (Object.keys(sides) as Actor[]).map((by) => ({ from, by })))
test.each(pairs)('from $from $by may make the listed moves and no other', ({ from, by }) => {
  const line = (move: (typeof deliverableMoves)[number]) => `${sides[by]} ${move} → ${nextDeliverable(from, move, by)}`
  const possible = deliverableMoves.map(line).filter((text) => !text.endsWith('null'))
  const listed = allowed[from].split(', ').filter((text) => text.startsWith(`${sides[by]} `))
  expect(possible.sort()).toEqual(listed.sort())
})
