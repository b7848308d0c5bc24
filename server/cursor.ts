import { createHash } from 'node:crypto'
import { canonical, type Json } from '../client-sdk/contract/canonical.ts'

/** Names the question that a cursor is good for. It keeps nobody out of anything: every page asks for rights again. */
export const nameOf = (question: Json): string => createHash('sha256').update(canonical(question)).digest('base64url').slice(0, 12)

/** Says nothing that the page did not. */
export const cursorFrom = (parts: readonly Json[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** What is in a cursor, for a schema to judge; undefined where it is none. */
export function partsOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
