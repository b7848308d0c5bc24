import type { ActorKey } from '../ids.ts'
import { isSafeUrl } from './markup-url.ts'

/** A part of a line of formatted text. */
export type Inline =
  | { type: 'text'; text: string }
  | { type: 'code'; text: string }
  | { type: 'bold' | 'italic' | 'strike'; children: Inline[] }
  | { type: 'link'; url: string; children: Inline[] }
  | { type: 'mention'; actor: ActorKey }
  | { type: 'break' }

type Wrapper = 'bold' | 'italic' | 'strike'
const WRAPPERS: Record<string, Wrapper> = { '**': 'bold', '*': 'italic', _: 'italic', '~~': 'strike' }

const PLAIN = /[^\\`*_~[\]<hH\n]+/y
/** Of the versions that `ActorKey` takes. */
const MENTION = /<@([\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})>/y
const BARE = /https?:\/\/[^\s<>"`[\]\\]+/iy
/** What may follow a label; the parentheses in it, as many as Wikipedia needs, are in pairs. */
const TARGET = /\]\(((?:[^\s[\]()]|\([^\s[\]()]*\)){1,2000})\)/y
const RUN = /\*+|_+|~+|`+/y

const isSpace = (c: string | undefined) => !c?.trim()
const isWord = (c = '') => /[\p{L}\p{M}\p{N}]/u.test(c)

/**
 * One pass, in which every step moves on or forgets an opening, so the time grows with the length alone. Each kind of marker has one
 * place for its last opening: a newer one takes it, so nothing is ever inside its own kind, and nesting ends at five.
 */
export function parseInline(text: string): Inline[] {
  const nodes: Inline[] = []
  /** By marker: where in `nodes` the opening one stands, as text for now. */
  const open = new Map<string, number>()
  /** Lengths of backtick runs that no later run of the same length closes. */
  const unclosed = new Set<number>()
  let at = 0

  const add = (node: Inline, length: number) => {
    nodes.push(node)
    at += length
  }
  const say = (text: string, length = text.length) => add({ type: 'text', text }, length)
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  /** What lies after the opening one goes into `wrap`; openings in there are text for good. */
  const close = (from: number, wrap: (children: Inline[]) => Inline, length: number) => {
    const children = merged(nodes.splice(from + 1))
    nodes[from] = wrap(children)
    for (const [marker, where] of open) if (where >= from) open.delete(marker)
    at += length
  }

  const marker = (s: string, before: string | undefined, after: string | undefined) => {
    const from = open.get(s)
    const type = WRAPPERS[s]
    if (!type) return say(s)
    if (from !== undefined && from + 1 < nodes.length && !isSpace(before) && !(s === '_' && isWord(after)))
      return close(from, (children) => ({ type, children }), s.length)
    if (!isSpace(after) && !(s === '_' && isWord(before))) open.set(s, nodes.length)
    say(s)
  }
  /** Three stars are two markers: the inner one closes first. */
  const markers = (run: string) => {
    const [before, after] = [text[at - 1], text[at + run.length]]
    if (run !== '***') return marker(run, before, after)
    const isInnermost = (open.get('*') ?? -1) > (open.get('**') ?? -1)
    for (const s of isInnermost ? ['*', '**'] : ['**', '*']) marker(s, before, after)
  }

  const code = (run: string) => {
    const { length } = run
    let end = length > 3 || unclosed.has(length) ? -1 : at + length
    while (end >= 0) {
      end = text.indexOf('`', end)
      RUN.lastIndex = end
      const found = end < 0 ? 0 : RUN.exec(text)![0].length
      if (found === length) break
      if (end < 0) unclosed.add(length)
      else end += found
    }
    if (end < 0) return say(run)
    add({ type: 'code', text: unpadded(text.slice(at + length, end)) }, end + length - at)
  }

  const label = () => {
    const from = open.get('[')
    const url = from === undefined || from + 1 === nodes.length ? undefined : take(TARGET)?.[1]
    if (url === undefined || !isSafeUrl(url)) return say(']')
    close(from!, (children) => ({ type: 'link', url, children: merged(withoutLinks(children)) }), url.length + 3)
  }

  const bare = () => {
    const found = isWord(text[at - 1]) ? null : take(BARE)
    if (!found) return say(text[at]!)
    const url = trimmed(found[0])
    if (!isSafeUrl(url)) return say(url)
    add({ type: 'link', url, children: [{ type: 'text', text: url }] }, url.length)
  }

  while (at < text.length) {
    const c = text[at]!
    const plain = take(PLAIN)
    if (plain) say(plain[0])
    else if (c === '\n') add({ type: 'break' }, 1)
    else if (c === '\\') {
      const next = text[at + 1] ?? ''
      if (/[!-/:-@[-`{-~]/.test(next)) say(next, 2)
      else say(c)
    } else if (c === '[') {
      open.set(c, nodes.length)
      say(c)
    } else if (c === ']') label()
    else if (c === '<') {
      const actor = take(MENTION)?.[1]
      if (actor) add({ type: 'mention', actor: actor as ActorKey }, actor.length + 3)
      else say(c)
    } else {
      const run = take(RUN)?.[0]
      if (!run) bare()
      else if (c === '`') code(run)
      else markers(run)
    }
  }
  return merged(nodes)
}

/** Neighbouring texts as one. */
function merged(nodes: readonly Inline[]): Inline[] {
  const result: Inline[] = []
  for (const node of nodes) {
    const last = result.at(-1)
    if (node.type === 'text' && last?.type === 'text') result[result.length - 1] = { type: 'text', text: last.text + node.text }
    else result.push(node)
  }
  return result
}

/** A link's label leads to one place. */
const withoutLinks = (nodes: readonly Inline[]): Inline[] =>
  nodes.flatMap((node): Inline[] =>
    node.type === 'link' ? node.children : 'children' in node ? [{ ...node, children: merged(withoutLinks(node.children)) }] : [node],
  )

/** A space on both sides makes room for a backtick in the code. */
const unpadded = (code: string) => code.replace(/^ (.*) $/s, '$1')

/** Without what ends the sentence, or closes what stands around the URL. */
function trimmed(url: string): string {
  let closing = url.split(')').length - url.split('(').length
  let end = url.length
  for (; end > 0; end--) {
    const last = url[end - 1]!
    if (last === ')' && closing-- > 0) continue
    if (!"?!.,:;*_~'".includes(last)) break
  }
  return url.slice(0, end)
}
