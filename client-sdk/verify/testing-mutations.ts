import { attack } from './testing-attacks.ts'
import { type Random, randomFrom } from './testing-random.ts'

export type Mutant = { bytes: Uint8Array; what: string }
type Other = { bytes: Uint8Array }

/**
 * One of all the ways in which a proof can be changed by whoever has no key of the hub: bytes, lines, values, pieces of another proof,
 * and attackers who recompute what they can. It is never the same proof, nor the other one.
 */
export function mutate(seed: number, bytes: Uint8Array, other: Other): Mutant {
  const random = randomFrom(seed ^ 0x5eed)
  for (;;) {
    const mutant = random.pick(kinds)(random, bytes, other.bytes)
    if (mutant && !same(mutant.bytes, bytes) && !same(mutant.bytes, other.bytes)) return mutant
  }
}
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

type Kind = (random: Random, bytes: Uint8Array, other: Uint8Array) => Mutant | null

/** Single bytes and stretches of them. */
function inBytes({ int, pick, bytes: some }: Random, bytes: Uint8Array): Mutant {
  const at = int(bytes.length)
  const length = 1 + int(pick([1, 4, 200]))
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  const join = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))
  const changed = Uint8Array.from(bytes)
  changed[at]! ^= 1 << int(8)
  const how = {
    'a bit is flipped': () => changed,
    'a byte is another': () => join(head, some(1), tail.subarray(1)),
    'bytes are inserted': () => join(head, some(length), tail),
    'bytes are left out': () => join(head, tail.subarray(length)),
    'the end is cut off': () => join(head),
    'the beginning is cut off': () => join(tail),
    'bytes come twice': () => join(head, tail.subarray(0, length), tail),
    'something follows': () => join(bytes, pick([some(length), Buffer.from('\n'), Buffer.from('{}\n'), Buffer.from(' ')])),
  }
  const what = pick(Object.keys(how) as (keyof typeof how)[])
  return { bytes: how[what](), what: `${what}, at byte ${at}` }
}

const linesOf = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().split('\n').slice(0, -1)
const fileOf = (lines: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(lines.map((line) => `${line}\n`).join('')))

/** Whole lines. */
function inLines({ int, pick }: Random, bytes: Uint8Array, other: Uint8Array): Mutant {
  const lines = linesOf(bytes)
  const others = linesOf(other)
  const [i, j] = [int(lines.length), int(lines.length)]
  const [a, b] = [lines[i]!, lines[j]!]
  const how = {
    'a line is gone': () => lines.toSpliced(i, 1),
    'lines are gone': () => lines.toSpliced(i, 1 + int(5)),
    'a line comes twice': () => lines.toSpliced(i, 0, a),
    'a line comes again elsewhere': () => lines.toSpliced(i, 0, b),
    'two lines are swapped': () => lines.with(i, b).with(j, a),
    'a line is another proof’s': () => lines.with(i, pick(others)),
    'a line is empty': () => lines.with(i, ''),
    'a line has spaces': () => lines.with(i, a.replace(':', ': ')),
    'a line ends with a carriage return': () => lines.with(i, `${a}\r`),
    'a member comes twice': () => lines.with(i, a.replace(/"seq":\d+/, '$&,$&')),
    'the end is another proof’s': () => [...lines.slice(0, i), ...others.slice(Math.min(i, others.length - 1))],
    'another proof’s lines are inserted': () => lines.toSpliced(i, 0, ...others.slice(j, j + 3)),
    'the header is another proof’s': () => lines.with(0, others[0]!),
    'the seal is another proof’s': () => lines.with(-1, others.at(-1)!),
  }
  const what = pick(Object.keys(how) as (keyof typeof how)[])
  return { bytes: fileOf(how[what]()), what: `${what}: lines ${i + 1} and ${j + 1}` }
}

/** One value, anywhere in one line. */
function inValues(random: Random, bytes: Uint8Array): Mutant | null {
  const { int, pick } = random
  const lines = linesOf(bytes)
  const i = int(lines.length)
  const object = JSON.parse(lines[i]!) as Record<string, unknown>
  const holders: Record<string, unknown>[] = []
  const walk = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    if (Object.keys(value).length > 0) holders.push(value as Record<string, unknown>)
    for (const inner of Object.values(value)) walk(inner)
  }
  walk(object)
  const holder = pick(holders)
  const key = pick(Object.keys(holder))
  const before = holder[key]
  holder[key] = otherValue(random, before)
  if (pick([false, false, false, false, true])) {
    delete holder[key]
    if (pick([true, false])) holder[`${key}s`] = before
  }
  return { bytes: fileOf(lines.with(i, sortedJson(object))), what: `${key} in line ${i + 1} is another value` }
}

/** As a forger would write it: canonical but for what it cannot be. */
const sortedJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${sortedJson(inner)}`).join(',')}}`
}

function otherValue({ int, pick, hexOf }: Random, before: unknown): unknown {
  if (typeof before === 'number') return pick([before + 1, before - 1, -before, 0, before + 0.5, 2 ** 53, String(before), null, 1e21])
  if (typeof before !== 'string') return pick([null, true, 'x', 1, [], {}, hexOf(32)])
  const at = int(before.length)
  const letter = (before[at] ?? 'a').charCodeAt(0)
  return pick([
    before.slice(0, at) + String.fromCharCode(letter ^ 1) + before.slice(at + 1),
    before.slice(0, -1) + String.fromCharCode((before.at(-1) ?? 'a').charCodeAt(0) + 1),
    before.slice(1),
    `${before}0`,
    before.toUpperCase(),
    '',
    null,
    `${before}\n`,
    hexOf(32),
    '\ud800',
  ])
}

const kinds: readonly Kind[] = [inBytes, inLines, inLines, inValues, inValues, attack, attack, attack, attack]
