/** Anything that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * The canonical form of a JSON value (RFC 8785): no spaces, keys in order of their UTF-16 units, numbers and strings
 * as ECMAScript writes them. Two values that mean the same have the same bytes. Throws a `TypeError` on what JSON
 * cannot say exactly: NaN, infinities, lone surrogates, functions, symbols.
 */
export function canonical(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('A number that is not finite has no JSON')
    return JSON.stringify(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} has no JSON`)
  const object = value as { readonly [key: string]: Json | undefined }
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${quoted(key)}:${canonical(object[key] as Json)}`)
  return `{${members.join(',')}}`
}

function quoted(s: string): string {
  if (!s.isWellFormed()) throw new TypeError('A lone surrogate is no text')
  return JSON.stringify(s)
}
