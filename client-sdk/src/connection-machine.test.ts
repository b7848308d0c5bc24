import { expect, test } from 'vitest'
import { type Effect, type Happening, next, type Stage, type State, start } from './connection-machine.ts'

const stages: Stage[] = ['authorising', 'connecting', 'online', 'waiting', 'outdated', 'signedOut', 'closed']
const happenings: Happening[] = [
  'token',
  'tokenFailed',
  'tokenRefused',
  'stranger',
  'connected',
  'refused',
  'outdated',
  'lost',
  'steady',
  'timer',
  'wake',
  'close',
]
const say = (effect: Effect): string => {
  if (effect.do === 'askToken') return effect.stale ? 'askToken another' : 'askToken'
  if (effect.do === 'wait') return `wait ${effect.failed}`
  return effect.do === 'stop' ? `stop ${effect.code}` : effect.do
}

// Every move is written down a second time, so a change to the machine is a change to this list.
const waiting = 'waiting: drop, wait 3'
const signedOut = 'signedOut: drop, stop session.ended'
const stranger = 'signedOut: stopWaiting, drop, stop session.badCredentials'
const outdated = 'outdated: drop, stop client.upgradeRequired'
const close = 'closed: stopWaiting, drop, stop client.closed'
const listed: Record<Stage, Partial<Record<Happening, string>>> = {
  authorising: { token: 'connecting: open', tokenFailed: waiting, tokenRefused: signedOut, stranger, close },
  connecting: { connected: 'online: arrive', refused: 'authorising: drop, askToken another', outdated, lost: waiting, stranger, close },
  online: { tokenRefused: signedOut, refused: waiting, outdated, lost: waiting, steady: 'online: ', stranger, close },
  waiting: { timer: 'authorising: askToken', wake: 'authorising: stopWaiting, askToken', stranger, close },
  outdated: { close },
  signedOut: { close },
  closed: {},
}

const pairs = stages.flatMap((stage) => happenings.map((happening) => ({ stage, happening })))
test.each(pairs)('C1 $stage × $happening makes the listed move or none', ({ stage, happening }) => {
  const before: State = { stage, failed: 3, retried: false }
  const { state, effects } = next(before, happening)
  const move = listed[stage][happening]
  expect(`${state.stage}: ${effects.map(say).join(', ')}`).toBe(move ?? `${stage}: `)
  if (!move) expect(state).toBe(before)
})

const after = (from: State, ...happened: Happening[]): State => happened.reduce((state, happening) => next(state, happening).state, from)

test('C2 it starts by asking for a token', () => {
  expect(start).toEqual({ state: { stage: 'authorising', failed: 0, retried: false }, effects: [{ do: 'askToken', stale: false }] })
})

test('C3 each failure waits longer, and only a steady connection starts over', () => {
  const failed = after(start.state, 'tokenFailed', 'timer', 'token', 'lost')
  expect(failed).toMatchObject({ stage: 'waiting', failed: 2 })
  expect(next(after(failed, 'timer', 'token', 'connected'), 'lost').effects).toContainEqual({ do: 'wait', failed: 2 })
  expect(next(after(failed, 'timer', 'token', 'connected', 'steady'), 'lost').effects).toContainEqual({ do: 'wait', failed: 0 })
})

test('C4 a refused token is replaced once; refused again, the person is signed out', () => {
  const again = after(start.state, 'token', 'refused', 'token')
  expect(again).toMatchObject({ stage: 'connecting', retried: true })
  expect(after(again, 'refused').stage).toBe('signedOut')
  expect(after(again, 'connected', 'lost', 'timer', 'token', 'refused').stage).toBe('authorising')
})
