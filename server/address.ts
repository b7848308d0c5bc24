import { isIPv6 } from 'node:net'

/**
 * Whose connection it is. Each trusted proxy added to the header whom it heard from; what stands before that anybody could
 * have written. The one rule for REST and for sockets.
 */
export function addressOf(forwarded: string | undefined, peer = 'unknown', trustedProxies = 0): string {
  if (trustedProxies === 0) return peer
  return forwarded?.split(',').at(-trustedProxies)?.trim() || peer
}

/** What one household or machine cannot change at will: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  const first = [...groups, ...zeros, ...rest].slice(0, 4)
  return `${first.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
