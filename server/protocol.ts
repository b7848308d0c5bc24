import type { MiddlewareHandler } from 'hono'
import { LOWEST_PROTOCOL_VERSION, ParleyError, PROTOCOL_VERSION } from '../client-sdk/contract/index.ts'
import type { AppEnv } from './route.ts'

/** Throws `client.upgradeRequired` for a client of a protocol that this server does not speak. */
export function assertSpoken(protocol: number): void {
  if (protocol < LOWEST_PROTOCOL_VERSION || protocol > PROTOCOL_VERSION)
    throw new ParleyError('client.upgradeRequired', `This server speaks protocol ${LOWEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`)
}

/** A client may say in `Parley-Protocol` what it speaks, as it has to at a socket's handshake. */
export const checkProtocol: MiddlewareHandler<AppEnv> = async (c, next) => {
  const said = c.req.header('Parley-Protocol')
  if (said !== undefined) {
    if (!/^\d{1,9}$/.test(said)) throw new ParleyError('request.invalid', 'parley-protocol: is not a whole number')
    assertSpoken(Number(said))
  }
  await next()
}
