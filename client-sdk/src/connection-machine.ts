import type { ErrorCode } from '../contract/errors.ts'

/** `waiting`: between two attempts. `outdated`, `signedOut` and `closed` are final. */
export type Stage = 'authorising' | 'connecting' | 'online' | 'waiting' | 'outdated' | 'signedOut' | 'closed'

export type Happening =
  | 'token' // getToken answered
  | 'tokenFailed' // it could not, for now
  | 'tokenRefused' // the session is over
  | 'stranger' // getToken answered with another person's
  | 'connected' // the hub has let us in
  | 'refused' // the hub does not take the token
  | 'outdated' // the hub no longer speaks our protocol
  | 'lost' // the socket is gone, or could not be had
  | 'steady' // online for a while
  | 'timer' // waited long enough
  | 'wake' // the network is said to be back
  | 'close'

/** `failed`: attempts since the connection was last steady. `retried`: a refused token was replaced once already. */
export type State = { stage: Stage; failed: number; retried: boolean }

/** What the shell has to do. The machine itself touches nothing. */
export type Effect =
  | { do: 'askToken'; stale: boolean } // stale: not the one of last time
  | { do: 'open' }
  | { do: 'drop' } // close the socket, and forget whatever it may still say
  | { do: 'arrive' } // online: join the rooms, watch the token's end
  | { do: 'wait'; failed: number }
  | { do: 'stopWaiting' }
  | { do: 'stop'; code: ErrorCode } // for good, and this is why
export type Move = { state: State; effects: readonly Effect[] }

type Cell = ((state: State) => Move) | null
const to = (state: State, stage: Stage, ...effects: Effect[]): Move => ({ state: { ...state, stage }, effects })

const ask = (s: State): Move => to(s, 'authorising', { do: 'askToken', stale: false })
const askNow = (s: State): Move => to(s, 'authorising', { do: 'stopWaiting' }, { do: 'askToken', stale: false })
const open = (s: State): Move => to(s, 'connecting', { do: 'open' })
const wait = (s: State): Move => to({ ...s, failed: s.failed + 1 }, 'waiting', { do: 'drop' }, { do: 'wait', failed: s.failed })
/** `failed` stays as it is until the connection is steady: a hub that lets in and throws out is not stormed. */
const arrive = (s: State): Move => to({ ...s, retried: false }, 'online', { do: 'arrive' })
const settle = (s: State): Move => to({ ...s, failed: 0 }, 'online')
const signOut = (s: State): Move => to(s, 'signedOut', { do: 'drop' }, { do: 'stop', code: 'session.ended' })
const refuse = (s: State): Move => to(s, 'signedOut', { do: 'stopWaiting' }, { do: 'drop' }, { do: 'stop', code: 'session.badCredentials' })
const giveUp = (s: State): Move => to(s, 'outdated', { do: 'drop' }, { do: 'stop', code: 'client.upgradeRequired' })
const close = (s: State): Move => to(s, 'closed', { do: 'stopWaiting' }, { do: 'drop' }, { do: 'stop', code: 'client.closed' })
const replaceToken = (s: State): Move =>
  s.retried ? signOut(s) : to({ ...s, retried: true }, 'authorising', { do: 'drop' }, { do: 'askToken', stale: true })

const deaf: Record<Happening, Cell> = {
  token: null,
  tokenFailed: null,
  tokenRefused: null,
  stranger: null,
  connected: null,
  refused: null,
  outdated: null,
  lost: null,
  steady: null,
  timer: null,
  wake: null,
  close: null,
}
const live = { ...deaf, stranger: refuse, close }
/** stage × happening → move. What is null changes nothing. */
const table: Record<Stage, Record<Happening, Cell>> = {
  authorising: { ...live, token: open, tokenFailed: wait, tokenRefused: signOut },
  connecting: { ...live, connected: arrive, refused: replaceToken, outdated: giveUp, lost: wait },
  online: { ...live, tokenRefused: signOut, refused: wait, outdated: giveUp, lost: wait, steady: settle },
  waiting: { ...live, timer: ask, wake: askNow },
  outdated: { ...deaf, close },
  signedOut: { ...deaf, close },
  closed: deaf,
}

export const start: Move = ask({ stage: 'waiting', failed: 0, retried: false })

export const next = (state: State, happening: Happening): Move => table[state.stage][happening]?.(state) ?? { state, effects: [] }
