/** Gives an access token. `stale` is one that is no longer good enough: refused by the hub, or near its end. */
export type GetToken = (stale?: string) => Promise<string>

/** setTimeout takes more than this for 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * In how many ms a token has to be renewed: at 80 % of what is left of it; null where it does not say when it ends. The
 * hub judges the token, so it is only read here, not verified; and where it seems over, or longer than its whole life,
 * it is our clock that is wrong, and its life counts from now.
 */
export function renewIn(token: string, now: number): number | null {
  const { exp, iat } = claims(token)
  if (exp === null) return null
  const left = exp * 1_000 - now
  const life = iat === null ? left : (exp - iat) * 1_000
  const counted = left > 0 && left <= life ? left : life
  return Math.min(Math.max(counted, 0) * 0.8, LONGEST_TIMER)
}

/** Whose token it is; null where it does not say. */
export const personOf = (token: string): string | null => claims(token).sub

/** Of a JWT (RFC 7519), times in seconds. */
function claims(token: string): { exp: number | null; iat: number | null; sub: string | null } {
  try {
    const body = token.split('.')[1] ?? ''
    const { exp, iat, sub } = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
    const number = (value: unknown) => (typeof value === 'number' ? value : null)
    return { exp: number(exp), iat: number(iat), sub: typeof sub === 'string' ? sub : null }
  } catch {
    return { exp: null, iat: null, sub: null }
  }
}
