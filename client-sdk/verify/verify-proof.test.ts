import { expect, test } from 'vitest'
import type { ActorKey } from '../contract/ids.ts'
import type { ProofEntry } from '../contract/proof.ts'
import { Names } from './names.ts'
import type { Problem } from './problems.ts'
import { sealed, written } from './testing-lines.ts'
import {
  acceptances,
  at,
  byHub,
  check,
  dealPart,
  entry,
  file,
  hub,
  lastLine,
  linesOf,
  parts,
  proof,
  random,
  stranger,
  withLine,
} from './testing-story.ts'
import { verifyProof } from './verify-proof.ts'

test('a proof verifies, and the report says what is proved, what was erased and what was taken back', async () => {
  const { room, entries, deal, seal } = parts()
  const { terms, hash, member, at: proposed, acceptance } = deal!.offers[0]!
  const accepted = { ...acceptance, name: 'owner' }
  const agreed = { offer: 1, terms, hash, by: 'creator', member, name: 'creator', seq: at.proposed, at: proposed, accepted }
  expect(await check(proof)).toEqual({
    ok: true,
    room,
    seq: at.last,
    hash: entries.at(-1)!.hash,
    sealed: { at: seal.at, keyId: hub.jwk.kid },
    entries: at.last,
    checkpoints: 2,
    deal: {
      applicationId: deal!.applicationId,
      state: 'agreed',
      version: 2,
      binding: 1,
      agreed: [agreed],
    },
    erased: [{ seqs: [at.edited], reason: 'personRequest', by: at.erased, at: entries[at.erased - 1]!.at }],
    withheld: [{ seq: at.hidden, by: at.deleted }],
  })
})

test('whose name was erased is called by none, and a name that is no text is none', () => {
  const names = new Names()
  const added = (personal: string | null) => names.entry({ type: 'room.memberAdded', personal } as ProofEntry, { member: 'm' })
  for (const personal of [null, 'null', '7', '{}', '{"name":7}', '{']) added(personal)
  expect(names.of('m' as ActorKey)).toBeNull()
  added('{"name":"Lucía"}')
  expect(names.of('m' as ActorKey)).toBe('Lucía')
})

test('a checkpoint that was kept elsewhere has to be in the past that the file tells', async () => {
  const { hash } = parts().entries[4]!
  const other = { ok: false, line: lastLine }
  expect(await check(proof, undefined, [{ seq: 5, hash }])).toMatchObject({ ok: true })
  expect(await check(proof, undefined, [{ seq: 6, hash }])).toEqual({ ...other, seq: 6, problem: 'checkpoint.differs' })
  expect(await check(proof, undefined, [{ seq: 99, hash }])).toEqual({ ...other, seq: 99, problem: 'tail.cut' })
})

const bad = (problem: Problem, line: number, seq: number | null = null) => ({ ok: false as const, problem, line, seq })
/** An entry is in the line after its seq. */
const ofEntry = (problem: Problem, seq: number) => bad(problem, seq + 1, seq)
const malformed = (line: number) => bad('file.malformed', line)
const inAcceptance = (name: keyof typeof acceptances, problem: Problem) =>
  [name, acceptances[name].bytes, ofEntry(problem, acceptances[name].seq)] as const

type Case = readonly [name: string, bytes: Uint8Array, verdict: object]
const cases: Case[] = [
  ['no file', Buffer.alloc(0), malformed(1)],
  ['an empty line', Buffer.from('\n'), malformed(1)],
  ['no entries', file([linesOf(proof)[0]!, ...linesOf(proof).slice(at.last + 1)]), malformed(2)],
  ['no seal', file(linesOf(proof).slice(0, -1)), malformed(lastLine)],
  ['no end', proof.subarray(0, proof.length - 1), malformed(lastLine)],
  ['a second seal', file([...linesOf(proof), linesOf(proof).at(-1)!]), malformed(lastLine + 1)],
  ['something after the end', Buffer.concat([proof, Buffer.from('x')]), malformed(lastLine + 1)],
  ['a byte order mark', Buffer.concat([Buffer.from('\ufeff'), proof]), malformed(1)],
  ['bytes that are no text', Buffer.concat([proof.subarray(0, 30), Buffer.from([0xff]), proof.subarray(30)]), malformed(1)],
  ['a space', withLine(4, (text) => text.replace(':', ': ')), malformed(4)],
  [
    'members in another order',
    withLine(3, (text) => text.replace(/"at":("[^"]+"),("deal":)/, '$2').replace('"type"', '"at":"","type"')),
    malformed(3),
  ],
  ['a member twice', withLine(5, (text) => text.replace('"erased":null', '"erased":null,"erased":null')), malformed(5)],
  ['a member too many', withLine(5, (text) => text.replace('"erased":null', '"erased":null,"erasee":null')), malformed(5)],
  ['a number with a point', withLine(6, (text) => text.replace('"seq":5', '"seq":5.0')), malformed(6)],
  ['a number too big to be exact', withLine(6, (text) => text.replace('"seq":5', '"seq":9007199254740993')), malformed(6)],
  [
    'an upper-case hash',
    withLine(6, (text) => text.replace(/"hash":"(\w+)"/, (all) => all.toUpperCase().replace('HASH', 'hash'))),
    malformed(6),
  ],
  ['a header in the middle', file(linesOf(proof).with(3, linesOf(proof)[0]!)), malformed(4)],
  ['an entry among the checkpoints', file(linesOf(proof).toSpliced(-3, 0, linesOf(proof)[at.last]!)), malformed(lastLine - 2)],
  ['checkpoints in another order', byHub((its) => its.checkpoints.reverse()), malformed(at.last + 3)],
  [
    'a signature with a bit that counts for nothing',
    withLine(lastLine, (text) => text.replace(/([AQgw])"}}$/, (_, c) => `${String.fromCharCode(c.charCodeAt(0) + 1)}"}}`)),
    malformed(lastLine),
  ],
  ['a part without its salt', byHub(entry(1, { dealSalt: null })), malformed(2)],
  ['terms that are none', byHub(dealPart(at.proposed, { terms: { fee: 1 } }), { restate: false }), malformed(at.proposed + 1)],
  [
    'more work than terms may have',
    byHub(
      dealPart(at.proposed, {
        terms: { ...parts().deal!.offers[0]!.terms, deliverables: Array(51).fill({ platform: '', format: '', count: 2, due: null }) },
      }),
      { restate: false },
    ),
    malformed(at.proposed + 1),
  ],
  ['a deal part that is no JSON', byHub(entry(at.accepted, { deal: '{' }), { restate: false }), malformed(at.accepted + 1)],
  ['a key under another id', byHub((its) => its.keys.push({ ...stranger.jwk, kid: hub.jwk.kid })), bad('key.differs', 1)],
  ['an entry left out', byHub((its) => its.entries.splice(6, 1)), ofEntry('seq.notNext', 7)],
  ['two entries swapped', file(linesOf(proof).with(4, linesOf(proof)[5]!).with(5, linesOf(proof)[4]!)), ofEntry('seq.notNext', 4)],
  ['other words', byHub(entry(8, { personal: '{"text":"Hullo"}' }), { rehash: false }), ofEntry('hash.differs', 8)],
  ['another moment', byHub(entry(5, { at: '2020-01-01T00:00:00.000Z' }), { rehash: false }), ofEntry('hash.differs', 5)],
  ['another hash', byHub(entry(5, { hash: '0'.repeat(64) }), { rehash: false }), ofEntry('hash.differs', 5)],
  ['another room', byHub((its) => (its.room = random.uuid()), { rehash: false }), ofEntry('hash.differs', 1)],
  [
    'words beside what is erased',
    byHub(entry(at.edited, { personal: '{}', personalSalt: '0'.repeat(32) })),
    ofEntry('hash.differs', at.edited),
  ],
  ['erased and withheld at once', byHub(entry(at.edited, { withheld: '0'.repeat(64) })), ofEntry('hash.differs', at.edited)],
  ['other terms than their hash is of', byHub(dealPart(at.proposed, { hash: '0'.repeat(64) })), ofEntry('terms.differ', at.proposed)],
  ['a version out of turn', byHub(dealPart(at.proposed, { offer: 2 })), ofEntry('terms.differ', at.proposed)],
  inAcceptance('nothing was open', 'acceptance.notOpen'),
  inAcceptance('the deal was declined', 'acceptance.notOpen'),
  inAcceptance('another version', 'acceptance.notOpen'),
  inAcceptance('other terms', 'acceptance.otherTerms'),
  inAcceptance('by its own side', 'acceptance.noRight'),
  inAcceptance('for the other side', 'acceptance.noRight'),
  inAcceptance('by a viewer', 'acceptance.noRight'),
  inAcceptance('by nobody of the room', 'acceptance.noRight'),
  inAcceptance('by somebody who was removed', 'acceptance.noRight'),
  inAcceptance('by a viewer who was an owner', 'acceptance.noRight'),
  inAcceptance('attested by a stranger', 'acceptance.badSignature'),
  [
    'an acceptance that is another’s',
    byHub(entry(at.accepted, { actor: parts().entries[4]!.actor })),
    ofEntry('acceptance.badSignature', at.accepted),
  ],
  [
    'an acceptance of another session',
    byHub(dealPart(at.accepted, { attestation: { ...parts().deal!.offers[0]!.acceptance!.attestation, session: random.uuid() } })),
    ofEntry('acceptance.badSignature', at.accepted),
  ],
  ['words gone that nobody erased', byHub(dealPart(at.erased, { seqs: [1, at.erased, 99] })), ofEntry('payload.missing', at.edited)],
  [
    'words erased before they were said',
    byHub(
      (its) =>
        its.entries.splice(at.erased - 1, 1, { ...its.entries[0]!, seq: at.erased }) &&
        entry(1, { ...its.entries[at.erased - 1], seq: 1, type: 'log.erased', deal: `{"reason":"","seqs":[${at.edited}]}` })(its),
    ),
    ofEntry('payload.missing', at.edited),
  ],
  ['words withheld that nobody took back', byHub(dealPart(at.deleted, { message: 8 })), ofEntry('payload.missing', at.hidden)],
  [
    'words withheld that are of no message',
    byHub(entry(at.last, { type: 'x', personal: null, personalSalt: null, withheld: '0'.repeat(64) })),
    ofEntry('payload.missing', at.last),
  ],
  [
    'a checkpoint by a stranger',
    byHub((its) => (its.checkpoints[1]!.keyId = stranger.jwk.kid)),
    bad('checkpoint.badSignature', at.last + 3, at.last),
  ],
  [
    'a checkpoint that is not signed',
    byHub((its) => (its.checkpoints[0]!.at = its.at), { reswear: false }),
    bad('checkpoint.badSignature', at.last + 2, at.deleted),
  ],
  [
    'a checkpoint of another room',
    byHub((its) => (its.checkpoints[0]!.stream = random.uuid())),
    bad('checkpoint.badSignature', at.last + 2, at.deleted),
  ],
  [
    'a checkpoint of another past',
    byHub(entry(8, { personal: '{"text":"Hullo"}' }), { reswear: false }),
    bad('checkpoint.differs', at.last + 2, at.deleted),
  ],
  ['the end cut off', byHub((its) => its.entries.pop()), bad('tail.cut', at.last + 2, at.last)],
  ['another deal stated', byHub((its) => (its.deal!.version = 3), { restate: false }), bad('deal.differs', lastLine - 1)],
  ['no deal stated', byHub((its) => (its.deal = null), { restate: false }), bad('deal.differs', lastLine - 1)],
  ['a seal of fewer entries', written({ ...parts(), seal: { ...parts().seal, seq: 3 } }), bad('seal.differs', lastLine)],
  ['a seal of other lines', sealed(parts(), hub, { lines: 4 }), bad('seal.differs', lastLine)],
  ['a checkpoint left out', written({ ...parts(), checkpoints: [] }), bad('seal.differs', lastLine - 2)],
  ['a key added', written({ ...parts(), keys: [hub.jwk, stranger.jwk] }), bad('seal.differs', lastLine)],
  ['a seal by a stranger', sealed({ ...parts(), keys: [hub.jwk, stranger.jwk] }, stranger), bad('key.notPinned', lastLine)],
  ['a seal with another’s signature', sealed(parts(), stranger, { keyId: hub.jwk.kid }), bad('seal.badSignature', lastLine)],
  [
    'a seal of another moment',
    written({ ...parts(), seal: { ...parts().seal, at: '2027-01-01T00:00:00.000Z' } }),
    bad('seal.badSignature', lastLine),
  ],
]
test.each(cases)('wrong with it: %s', async (_name, bytes, verdict) => {
  expect(await check(bytes)).toMatchObject(verdict)
})

test('a seal by a key that is trusted and not listed is none', async () => {
  expect(await check(sealed(parts(), stranger), [stranger.jwk.kid])).toEqual(bad('seal.badSignature', lastLine))
})

test('an older proof of the same room verifies, but not with a checkpoint that was kept since', async () => {
  const { seq, hash } = parts().seal
  const older = byHub((its) => {
    its.entries.pop()
    its.checkpoints.pop()
  })
  expect(await check(older)).toMatchObject({ ok: true, seq: at.last - 1, checkpoints: 1 })
  expect(await check(older, undefined, [{ seq, hash }])).toEqual(bad('tail.cut', lastLine - 2, seq))
})

test('of a line that never ends no more is read than a line may have', async () => {
  let read = 0
  function* endless() {
    for (; ; read++) yield Buffer.alloc(1 << 20, 'x')
  }
  expect(await verifyProof(endless(), { pinned: [hub.jwk.kid] })).toEqual(malformed(1))
  expect(read).toBeLessThan(20)
})

test('types that nobody knows, and names that objects have by themselves, are entries like any other', async () => {
  const odd = byHub(
    (its) => {
      for (const type of ['constructor', '__proto__', 'offer.somethingNew'])
        its.entries.push({ ...its.entries[0]!, seq: its.entries.length + 1, type, deal: 'no JSON at all' })
      its.deal!.asOf = its.entries.length
    },
    { restate: false },
  )
  expect(await check(odd)).toMatchObject({ ok: true, entries: at.last + 3 })
})
