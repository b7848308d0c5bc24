import { expect, test } from 'vitest'
import type { Actor } from '../sides.ts'
import { type MilestoneState, milestoneMoves, milestoneStates, nextMilestone } from './machine.ts'

// Every move is written down a second time, so a change to the machine is a change to this list.
const allowed: Record<MilestoneState, string> = {
  due: 'creator invoice → invoiced',
  invoiced: 'brand pay → paid',
  paid: 'creator confirm → confirmed, creator dispute → disputed',
  disputed: 'creator confirm → confirmed, admin confirm → confirmed',
  confirmed: '',
}
const sides: Record<Actor, string> = {
  owner: 'brand',
  manager: 'brand',
  viewer: 'nobody',
  creator: 'creator',
  system: 'system',
  admin: 'admin',
}
const pairs = milestoneStates.flatMap((from) => (Object.keys(sides) as Actor[]).map((by) => ({ from, by })))
test.each(pairs)('from $from $by may make the listed moves and no other', ({ from, by }) => {
  const line = (move: (typeof milestoneMoves)[number]) => `${sides[by]} ${move} → ${nextMilestone(from, move, by)}`
  const possible = milestoneMoves.map(line).filter((text) => !text.endsWith('null'))
  const listed = allowed[from].split(', ').filter((text) => text.startsWith(`${sides[by]} `))
  expect(possible.sort()).toEqual(listed.sort())
})
