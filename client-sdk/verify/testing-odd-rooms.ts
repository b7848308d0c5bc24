import type { Json } from '../contract/canonical.ts'
import { lineOf } from './testing-lines.ts'
import { holds, malformed, next, type Odd, parts, told, wrong } from './testing-odd.ts'
import { dealless, deals } from './testing-odd-deals.ts'
import { signatures } from './testing-odd-signatures.ts'
import { memberOf, type Told, withEntries } from './testing-own-hub.ts'

/** What a type, a part or a header may be, and may not. */
function entries(): Odd[] {
  const deep = (n: number): Json => (n === 0 ? 1 : [deep(n - 1)])
  const types = [
    '',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'entry',
    'a\u0000b',
    '\u2028',
    '🎬',
    '\x7f',
    'offer.proposed ',
    'Offer.proposed',
  ]
  const texts = [
    '',
    'no JSON',
    '{"a":1,"a":2}',
    '1.0',
    '[',
    '\u0000\u0007\n\r\t',
    '🎬\ufb33\u2028',
    '['.repeat(100_000),
    '9'.repeat(10_000),
  ]
  const filled = (length: number): Told => ({ type: 'a', personal: 'x'.repeat(length) })
  const empty = { ...withEntries(parts, filled(0)).at(-1)!, hash: 'a'.repeat(64) }
  const left = 16_777_216 - Buffer.byteLength(lineOf({ entry: empty }))
  return [
    ...types.map((type) => told(`the type ${JSON.stringify(type)}`, holds, { type, says: { a: 1 } })),
    ...texts.map((text) =>
      told(`the deal part ${JSON.stringify(text.slice(0, 20))} of no known type`, holds, { type: 'something.unknown', deal: text }),
    ),
    ...texts.map((text) =>
      told(`the personal part ${JSON.stringify(text.slice(0, 20))}`, holds, { type: 'chat.messageSent', personal: text }),
    ),
    told('a moment that no calendar has', holds, { type: 'a', at: '9999-99-99T99:99:99.999Z' }),
    told('the greatest version', holds, { type: 'a', version: 2 ** 53 - 1 }),
    told('the longest line', holds, filled(left)),
    told('a line that is a byte too long', malformed(1), filled(left + 1)),
    told('a role that objects have', holds, { type: 'room.memberAdded', says: { member: memberOf(parts, 'viewer'), role: 'constructor' } }),
    told('a deal part 64 deep', holds, { type: 'room.memberRemoved', says: { a: deep(63), member: memberOf(parts, 'viewer') } }),
    told('a deal part 65 deep', malformed(1), { type: 'room.memberRemoved', says: { a: deep(64), member: memberOf(parts, 'viewer') } }),
    told('a deal part with a fraction', malformed(1), { type: 'room.memberRemoved', says: { a: 1.5, member: memberOf(parts, 'viewer') } }),
    told('a deal part that is null', malformed(1), { type: 'room.memberRemoved', deal: 'null' }),
    told('a deal part that is an array', malformed(1), { type: 'log.erased', deal: '[]' }),
    told('a deal part that is empty', malformed(1), { type: 'log.erased', deal: '' }),
  ]
}

/** Words that are gone, and why. */
function hidden(): Odd[] {
  const gone = 'c'.repeat(64)
  const erased = (seqs: number[]): Told => ({ type: 'log.erased', says: { reason: 'legalOrder', seqs } })
  const deleted = (message: number): Told => ({ type: 'chat.messageDeleted', says: { message } })
  const sent: Told = { type: 'chat.messageSent', withheld: gone }
  const edited = (message: number): Told => ({ type: 'chat.messageEdited', says: { message }, withheld: gone })
  return [
    told('words beside their erasure', wrong('hash.differs', next), { type: 'a', personal: '{}', erased: gone }, erased([next])),
    told('empty words beside their withdrawal', wrong('hash.differs', next), { ...sent, personal: '' }, deleted(next)),
    told('erased and taken back', wrong('hash.differs', next), { ...sent, erased: gone }, deleted(next), erased([next])),
    told('erased, as is told later', holds, { type: 'a', erased: gone }, { type: 'b' }, erased([next, next, 9_000_000])),
    told('erased, as was told before', wrong('payload.missing', next + 1), erased([next + 1]), { type: 'a', erased: gone }),
    told('an erasure that erases itself', wrong('payload.missing', next), { ...erased([next]), erased: gone }),
    told('an erasure of nothing', holds, erased([])),
    told('an erasure of what is no number', malformed(1), { type: 'log.erased', says: { reason: 'legalOrder', seqs: [0] } }),
    told('taken back later', holds, sent, deleted(next)),
    told('taken back before', holds, deleted(next + 1), sent),
    told('an edit taken back with its message', holds, { type: 'chat.messageSent' }, edited(next), deleted(next)),
    told('an edit taken back by itself', wrong('payload.missing', next + 1), { type: 'chat.messageSent' }, edited(next), deleted(next + 1)),
    told('what is no message taken back', wrong('payload.missing', next), { type: 'a', withheld: gone }, deleted(next)),
    told('taken back, but only erased is told', wrong('payload.missing', next), sent, erased([next])),
    told('erased, but only taken back', wrong('payload.missing', next), { type: 'chat.messageSent', erased: gone }, deleted(next)),
    told('two are missing', wrong('payload.missing', next), sent, { type: 'a', erased: gone }),
  ]
}

/** Files that a hub has signed, but that no hub of ours would write. */
export const oddRooms = (): Odd[] => [...entries(), ...hidden(), ...deals(), ...dealless(), ...signatures()]
