import { canonical, type Json } from '../contract/canonical.ts'

/** Objects and arrays in each other. */
const DEPTH = 64

/**
 * The value of a text that is canonical JSON (RFC 8785) byte for byte, with whole numbers alone and not nested too deep; undefined for
 * any other, so that no two parsers read it differently.
 */
export function parseCanonical(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isSound(value, 0) && canonical(value) === text ? value : undefined
  } catch {
    return undefined // no JSON, or a lone surrogate
  }
}

function isSound(value: Json, depth: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (value === null || typeof value !== 'object') return true
  return depth < DEPTH && Object.values(value as object).every((inner) => isSound(inner as Json, depth + 1))
}

// A byte order mark is no JSON, and is to be seen as such.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Undefined for bytes that are no UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
