import { z } from 'zod'
import { ParleyError, wireError } from '../client-sdk/contract/index.ts'
import { type SessionDoor, sessionDoor } from '../persistence/session-door.ts'
import type { House, SessionInfo } from '../server/ctx.ts'
import { assertSpoken } from '../server/protocol.ts'
import type { AppSocket } from './socket.ts'

const Handshake = z.object({ token: z.string().min(1).max(4_096), sdk: z.string().max(64), protocol: z.int() })

/** Who knocks, and by what right. Throws a `ParleyError` for whoever may not come in. */
export async function greet(house: House, auth: unknown): Promise<{ session: SessionInfo; door: SessionDoor }> {
  const parsed = Handshake.safeParse(auth)
  if (!parsed.success) throw new ParleyError('session.required', 'A handshake says {token, sdk, protocol}')
  const { protocol, token } = parsed.data
  assertSpoken(protocol)
  const session = await house.tokens.verify(token, house.now())
  const door = await sessionDoor(house.db.pool, session.sessionId)
  if (!door?.live) throw new ParleyError('session.ended', 'This session has ended; sign in again')
  return { session, door }
}

/** The middleware's way to refuse: the client finds the typed error in `connect_error`. */
export const refusal = (error: unknown): Error => Object.assign(new Error('refused'), { data: wireError(error, 'handshake') })

/** Says why, then closes. The word is on its way before the close, since both go through the same pipe. */
export function end(socket: AppSocket, error: ParleyError): void {
  socket.emit('session.ending', wireError(error, 'hub'))
  socket.disconnect(true)
}
