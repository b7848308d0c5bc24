import type { ActorKey } from '../ids.ts'
import { type Inline, parseInline } from './markup-inline.ts'

export type { Inline } from './markup-inline.ts'
/** A list's `start` is its first number, null with bullets. `lang` names a fenced code's language, '' where nobody did. */
export type Block =
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'code'; lang: string; text: string }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; start: number | null; items: Inline[][] }

/** Quotes inside quotes: deeper ones show their `>` as text. */
const DEEPEST = 3
const FENCE = /^```([\w+#.-]*)\s*$/
const CLOSING = /^```\s*$/
const QUOTE = /^>(?: |$)/
const ITEM = /^\s*(?:[-*+]|(0|[1-9]\d{0,8})[.)])\s+(?=\S)/

/**
 * What a message's text says, for whoever shows it: Markdown's basics, never HTML. It takes any string, never throws, and takes time
 * in proportion to the length. What is no markup stays text, so nothing that somebody wrote is lost.
 */
export const parseMarkup = (text: string): Block[] => parseBlocks(text.split(/\r\n|\r|\n/), 0)

function parseBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = []
  const lastFence = lines.findLastIndex((line) => CLOSING.test(line))
  const isFence = (i: number) => i < lastFence && FENCE.test(lines[i]!)
  const isQuote = (i: number) => depth < DEEPEST && QUOTE.test(lines[i]!)
  let i = 0
  /** The lines from here on for which this holds, and past them. */
  const takeWhile = (holds: (i: number) => boolean): string[] => {
    const from = i
    while (i < lines.length && holds(i)) i++
    return lines.slice(from, i)
  }
  while (i < lines.length) {
    const line = lines[i]!
    const [, number] = ITEM.exec(line) ?? []
    if (line.trim() === '') i++
    else if (isFence(i)) {
      i++
      const text = takeWhile((at) => !CLOSING.test(lines[at]!)).join('\n')
      blocks.push({ type: 'code', lang: FENCE.exec(line)![1]!, text })
      i++
    } else if (isQuote(i)) {
      const inner = takeWhile(isQuote).map((quoted) => quoted.replace(QUOTE, ''))
      blocks.push({ type: 'quote', blocks: parseBlocks(inner, depth + 1) })
    } else if (ITEM.test(line)) {
      const start = number === undefined ? null : Number(number)
      const first = i
      // A list counts on by itself: a number out of turn begins another, so that what is shown is what was written.
      const items = takeWhile((at) => {
        const item = ITEM.exec(lines[at]!)
        return item !== null && (start === null ? item[1] === undefined : Number(item[1]) === start + at - first)
      })
      blocks.push({ type: 'list', start, items: items.map((item) => parseInline(item.replace(ITEM, ''))) })
    } else {
      const own = takeWhile((at) => lines[at]!.trim() !== '' && !isFence(at) && !isQuote(at) && !ITEM.test(lines[at]!))
      blocks.push({ type: 'paragraph', children: parseInline(own.join('\n')) })
    }
  }
  return blocks
}

function inlines(block: Block): Inline[] {
  if (block.type === 'quote') return block.blocks.flatMap(inlines)
  return block.type === 'list' ? block.items.flat() : block.type === 'code' ? [] : block.children
}
const deep = (nodes: readonly Inline[]): Inline[] => nodes.flatMap((node) => ('children' in node ? [node, ...deep(node.children)] : [node]))
const found = <T>(text: string, pick: (node: Inline) => T[]): T[] => [...new Set(deep(parseMarkup(text).flatMap(inlines)).flatMap(pick))]

/** Whom a text names, each once, in order; not inside code. Whether they are members is another question. */
export const mentionsIn = (text: string): ActorKey[] => found(text, (node) => (node.type === 'mention' ? [node.actor] : []))
/** Where a text leads, each once, in order. */
export const linksIn = (text: string): string[] => found(text, (node) => (node.type === 'link' ? [node.url] : []))

/** A text without its markup, for previews and notifications. `nameOf` knows what stands for a name that is erased. */
export function plainText(text: string, nameOf: (actor: ActorKey) => string): string {
  const inline = (nodes: readonly Inline[]): string => nodes.map(one).join('')
  const one = (node: Inline): string => {
    if (node.type === 'mention') return `@${nameOf(node.actor)}`
    if (node.type === 'break') return '\n'
    return 'text' in node ? node.text : inline(node.children)
  }
  const line = (block: Block): string => {
    if (block.type === 'code') return block.text
    if (block.type === 'quote') return lines(block.blocks)
    if (block.type === 'paragraph') return inline(block.children)
    const { start, items } = block
    return items.map((item, i) => `${start === null ? '•' : `${start + i}.`} ${inline(item)}`).join('\n')
  }
  const lines = (blocks: readonly Block[]): string => blocks.map(line).join('\n')
  return lines(parseMarkup(text))
}
