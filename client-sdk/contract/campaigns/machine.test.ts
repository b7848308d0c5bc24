import { expect, test } from 'vitest'
import {
  type CampaignActor,
  type CampaignState,
  campaignMoves,
  campaignStates,
  isEditable,
  nextCampaign,
  nextCampaignMoves,
} from './machine.ts'

// Every move is written down a second time, so a change to the machine is a change to this list.
const run = (moves: string) => moves.split(', ').flatMap((move) => [`owner ${move}`, `manager ${move}`])
const cancel = 'owner cancel → cancelled'
const close = [...run('close → closed'), 'system close → closed']
const allowed: Record<CampaignState, string[]> = {
  draft: [...run('publish → open'), 'system publish → open', cancel],
  open: [...run('pause → paused'), ...close, cancel],
  paused: [...run('resume → open'), ...close, cancel],
  closed: [...run('reopen → open'), 'system complete → completed', cancel],
  completed: [],
  cancelled: [],
}
const actors: CampaignActor[] = ['owner', 'manager', 'viewer', 'system']
const pairs = campaignStates.flatMap((from) => actors.map((by) => ({ from, by })))
test.each(pairs)('from $from $by may make the listed moves and no other', ({ from, by }) => {
  const possible = campaignMoves.map((move) => `${by} ${move} → ${nextCampaign(from, move, by)}`).filter((line) => !line.endsWith('null'))
  expect(possible.sort()).toEqual(allowed[from].filter((line) => line.startsWith(`${by} `)).sort())
  expect(
    nextCampaignMoves(from, by)
      .map((move) => `${by} ${move} → ${nextCampaign(from, move, by)}`)
      .sort(),
  ).toEqual(possible)
})

test('what it asks for can be changed until it is closed', () => {
  expect(campaignStates.filter(isEditable)).toEqual(['draft', 'open', 'paused'])
})
