import { createHmac, createPublicKey, hash, hkdfSync, type KeyObject } from 'node:crypto'
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { type CommandId, ParleyError, PlatformRole, SessionId, UserId } from '../../client-sdk/contract/index.ts'
import type { PublicJwk, Signer } from '../../persistence/checkpoints.ts'
import type { SessionInfo } from '../ctx.ts'

/** Both the issuer and the audience: these tokens are ours, for ourselves. */
const PARLEY = 'parley'
const ALGORITHM = 'EdDSA'
/** Says that it is an access token and no other JWT (RFC 9068). */
const TYPE = 'at+jwt'
/** In characters; a good one has about 500. */
const LONGEST = 4_096

/** Tokens whose signature need not be checked again, at about 250 bytes each. */
const REMEMBERED = 20_000

const Claims = z.object({ sub: UserId, sid: SessionId, role: PlatformRole, exp: z.int() })

type Options = { signer: Signer; before?: readonly PublicJwk[]; seconds: number }
export type Tokens = {
  /** An access token: a JWT, good until `endsAt` (whole seconds), which is never after `latest`. */
  issue(of: Omit<SessionInfo, 'endsAt'>, latest: Date, now: Date): Promise<{ accessToken: string; endsAt: Date }>
  /** Who it says is asking. Throws `session.required` for what is no token of ours, `session.ended` for one that has expired. */
  verify(token: string, now?: Date): Promise<SessionInfo>
  /** What a refresh token is exchanged for by this command: always the same, so it need not be stored. */
  successor(refreshToken: string, commandId: CommandId): string
  /** The public keys as /.well-known/jwks.json shows them, the one in use first (RFC 7517). */
  jwks: { keys: PublicJwk[] }
}

/** `before`: public keys whose tokens are still good, so that the key can be changed without signing anybody out. */
export function createTokens({ signer, before = [], seconds }: Options): Tokens {
  const keys = [signer.jwk, ...before.filter((jwk) => jwk.kid !== signer.jwk.kid)]
  const publicKeys = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: { ...jwk }, format: 'jwk' })]))
  const secret = refreshSecret(signer.key)
  /** By their hash: a signature that was right stays right, and a thousand clients back at once bring the tokens they had. */
  const verified = new Map<string, SessionInfo>()
  const keyOf = ({ kid }: { kid?: string }) => publicKeys.get(kid ?? '') ?? fail(notOurs())
  return {
    async issue({ sessionId, userId, role }, latest, now) {
      const exp = Math.floor(Math.min(now.getTime() / 1_000 + seconds, latest.getTime() / 1_000))
      const accessToken = await new SignJWT({ sid: sessionId, role })
        .setProtectedHeader({ alg: ALGORITHM, kid: signer.jwk.kid, typ: TYPE })
        .setIssuer(PARLEY)
        .setAudience(PARLEY)
        .setSubject(userId)
        .setIssuedAt(Math.floor(now.getTime() / 1_000))
        .setExpirationTime(exp)
        .sign(signer.key)
      return { accessToken, endsAt: new Date(exp * 1_000) }
    },
    async verify(token, now = new Date()) {
      const expected = { algorithms: [ALGORITHM], issuer: PARLEY, audience: PARLEY, typ: TYPE, currentDate: now }
      if (token.length > LONGEST) throw notOurs()
      const print = hash('sha256', token, 'base64url')
      const known = verified.get(print)
      if (known && known.endsAt > now) return known
      try {
        const { payload } = await jwtVerify(token, keyOf, expected)
        const { sub, sid, role, exp } = Claims.parse(payload)
        const session = { userId: sub, sessionId: sid, role, endsAt: new Date(exp * 1_000) }
        if (verified.size >= REMEMBERED) verified.delete(verified.keys().next().value!)
        verified.set(print, session)
        return session
      } catch (error) {
        // The signature was checked before the time, so this one was ours.
        if (error instanceof joseErrors.JWTExpired) throw new ParleyError('session.ended', 'The access token has expired')
        throw notOurs()
      }
    },
    successor: (refreshToken, commandId) =>
      createHmac('sha256', secret)
        .update(refreshToken + commandId)
        .digest('base64url'),
    jwks: { keys },
  }
}

/** From the signing key (HKDF, RFC 5869), so that there is one secret to keep. Other nodes derive the same. */
function refreshSecret(key: KeyObject): Uint8Array {
  const { d } = key.export({ format: 'jwk' })
  return new Uint8Array(hkdfSync('sha256', Buffer.from(d!, 'base64url'), '', 'parley/refresh/1', 32))
}

const notOurs = () => new ParleyError('session.required', 'This access token is not valid')
const fail = (error: Error): never => {
  throw error
}
