import { wordsIn } from './words.ts'

/** `query`: for `websearch_to_tsquery`. `sought`: the words that a hit may have, to be marked in it. */
export type Question = { query: string; sought: string[] }

/** A phrase in quotes, which may be left open, or what stands between spaces; each may be refused by a `-` before it. */
const PART = /(?<not>-?)(?:"(?<phrase>[^"]*)"?|(?<bare>[^\s"]+))/gu

/**
 * What somebody typed: words, "phrases", -not, or. Words are written as in the index and all in quotes, so that nothing in
 * them is syntax; what is written together (co-brand) is a phrase.
 */
export function question(typed: string): Question {
  const sought: string[] = []
  const parts: string[] = []
  for (const { groups } of typed.matchAll(PART)) {
    const { not, phrase, bare } = groups as { not: string; phrase?: string; bare?: string }
    if (not === '' && /^(?:or|або)$/iu.test(bare ?? '')) {
      parts.push('or')
      continue
    }
    const keys = wordsIn(phrase ?? bare ?? '').map((word) => word.key)
    if (keys.length === 0) continue
    parts.push(`${not}"${keys.join(' ')}"`)
    if (not === '') sought.push(...keys)
  }
  return { query: parts.join(' '), sought }
}
