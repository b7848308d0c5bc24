import type { Pool } from 'pg'
import { read } from '../sql.ts'
import type { Question } from './question.ts'
import { searchable, type Word, wordsIn } from './words.ts'

export type Snippet = { snippet: string; ranges: [number, number][] }

/** In UTF-16 units; a part of a message that is no longer is the message. */
const LONGEST = 200
/** So much of it before the first word that was looked for. */
const BEFORE = 60

/**
 * What of each text to show, and where in it the words are that were looked for. Null for a text that does not match: the
 * index is some moments behind, and a message may have been changed since.
 */
export async function snippets(pool: Pool, { query, sought }: Question, texts: readonly string[]): Promise<(Snippet | null)[]> {
  const words = texts.map(wordsIn)
  const keys = [...new Set([...sought, ...words.flat().map((word) => word.key)])]
  const [matching, lexemes] = await Promise.all([matches(pool, query, texts), lexemesOf(pool, keys)])
  const wanted = new Set(sought.flatMap((key) => lexemes.get(key) ?? []))
  const isWanted = ({ key }: Word) => (lexemes.get(key) ?? []).some((lexeme) => wanted.has(lexeme))
  return texts.map((text, i) => (matching[i] ? cut(text, words[i]!.filter(isWanted)) : null))
}

async function matches(pool: Pool, query: string, texts: readonly string[]): Promise<boolean[]> {
  const rows = await read<{ yes: boolean }>(
    pool,
    'search_matches',
    `select to_tsvector('english', t.text) @@ websearch_to_tsquery('english', $1) as yes
       from unnest($2::text[]) with ordinality as t (text, i) order by t.i`,
    [query, texts.map(searchable)],
  )
  return rows.map((row) => row.yes)
}

async function lexemesOf(pool: Pool, keys: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await read<{ key: string; lexemes: string[] }>(
    pool,
    'search_lexemes',
    `select key, tsvector_to_array(to_tsvector('english', key)) as lexemes from unnest($1::text[]) as key`,
    [keys],
  )
  return new Map(rows.map(({ key, lexemes }) => [key, lexemes]))
}

function cut(text: string, hits: readonly Word[]): Snippet {
  const first = hits[0]?.start ?? 0
  const start = text.length <= LONGEST || first <= BEFORE ? 0 : whole(text, first - BEFORE, first)
  const end = text.length - start <= LONGEST ? text.length : whole(text, start + LONGEST, start + LONGEST, -1)
  const within = hits.filter((hit) => hit.end <= end)
  return { snippet: text.slice(start, end), ranges: within.map((hit) => [hit.start - start, hit.end - start]) }
}

/** The nearest place between words from here on, no farther than `most`; if there is none, between two characters. */
function whole(text: string, from: number, most: number, step = 1): number {
  const least = step < 0 ? from - BEFORE : most
  for (let at = from; step > 0 ? at <= least : at > least; at += step) if (/\s/.test(text[at - 1] ?? ' ')) return at
  return /[\udc00-\udfff]/.test(text[from] ?? '') ? from + 1 : from
}
