import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, AMOUNT_MAX, SYSTEM } from '../../client-sdk/contract/index.ts'
import { erase } from '../../persistence/erasure.ts'
import { apply, openCampaign } from '../applications/testing.ts'
import { makeTeam } from '../brands/testing.ts'
import { sendMessage } from '../chat/send-message.ts'
import { reviewDeliverable, submitDeliverable } from '../deliverables/move-deliverable.ts'
import { eraseMessages } from '../log/erase-messages.ts'
import { moveMilestone } from '../milestones/move-milestone.ts'
import { declineOffer } from '../offers/close-offer.ts'
import { commentOffer } from '../offers/comment-offer.ts'
import { proposeOffer } from '../offers/propose-offer.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Answer, type Rest, restWorld } from '../testing-rest.ts'
import { money } from './shown.ts'
import { accept, agreed, counter, type Parties, parties, propose, someTerms } from './testing.ts'
import { logOf } from './testing-story.ts'
import { cancel } from './testing-work.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w?.close())

const get = async (who: TestPerson, path: string): Promise<Answer> => w.call('GET', `/api/v1${path}`, { token: await w.token(who) })
const agreementOf = (who: TestPerson, { applicationId }: Parties) => get(who, `/applications/${applicationId}/agreement.html`)
const storyOf = (who: TestPerson, { roomId }: Parties) => get(who, `/rooms/${roomId}/timeline.html`)
/** As people read it. */
const textOf = (html: string): string =>
  html
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ')

/** Every tag of a page but for those that its own style sheet parts from the rest. */
const tagsOf = (html: string): string[] => Array.from(html.matchAll(/<[^>]*>/g), ([tag]) => tag)
const OURS =
  /^<(!doctype html|html lang="en" dir="ltr"|meta charset="utf-8"|meta http-equiv="Content-Security-Policy" content="[^"<>]*"|meta name="viewport" content="[^"<>]*"|time datetime="[\d.:TZ-]+"|th scope="row"|(div|li|ol|p|td|th|span|footer)( class="[a-z ]+")?( dir="auto")?|\/?(title|style|header|h1|h2|h3|p|table|thead|tr|th|td|ol|li|div|span|bdi|small|strong|em|code|br|time|footer|html))>$/

/** What somebody might write who would like to be more than text. */
const NASTY = [
  '</style><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!-- ',
  ']]><svg/onload=alert(1)>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '</textarea></title></bdi></div></td></table><iframe srcdoc="x">',
  '<meta http-equiv=refresh content="0;url=https://example.com">',
  '<base href=//example.com>',
  '<style>*{display:none}</style>',
  '\u202eexe.txt\u2066<b>',
  '\u0001<i>',
  'x'.repeat(1_900),
  `Z${'\u0301'.repeat(300)}`,
]

/** Parties to a deal in which everybody writes this wherever they may, and where a check would keep them from it, too. */
async function nastyDeal(text: string): Promise<Parties> {
  const creator = await w.person('creator', text)
  const campaign = await openCampaign(w, { team: await makeTeam(w, text), title: text })
  const p: Parties = { ...(await apply(w, creator, campaign.campaignId, { cover: text })), campaign, creator }
  const { applicationId } = p
  const terms = someTerms({
    deliverables: [{ platform: 'instagram', format: text, count: 1, due: '2027-01-01' }],
    usage: { channels: [text], territories: ['001'], months: null },
    exclusivity: { scope: text, months: 3 },
    clauses: [text, text],
  })
  const offer = async (who: TestPerson, basedOn: number | null, clauses: string[]) =>
    proposeOffer(w.as(who), { commandId: commandId(), applicationId, validUntil: null, basedOn, terms: { ...terms, clauses } })
  const first = await offer(creator, null, [text])
  await commentOffer(w.as(creator), { commandId: commandId(), applicationId, offer: 1, term: 'clauses', item: 0, text })
  await declineOffer(w.as(campaign.owner), { commandId: commandId(), applicationId, offer: first.offer, reason: text })
  const next = await offer(campaign.owner, null, [`${text} `, 'Other'])
  await accept(w, creator, p, next)
  const work = { applicationId, deliverable: 1 }
  const { seq } = await submitDeliverable(w.as(creator), { ...work, commandId: commandId(), links: [text], note: text })
  const last = await offer(creator, next.offer, ['Other', text])
  await accept(w, campaign.owner, p, last)
  await reviewDeliverable(w.as(campaign.owner), { ...work, commandId: commandId(), submitted: seq, move: 'approve', note: text })
  await moveMilestone(w.as(creator), { commandId: commandId(), applicationId, milestone: 1, move: 'invoice', note: text })
  return p
}

test('nothing that people write gets out as a tag, turns the direction of anything else, or hides', async () => {
  for (const text of NASTY) {
    const p = await nastyDeal(text)
    for (const { status, text: html } of [await agreementOf(p.creator, p), await storyOf(p.campaign.owner, p)]) {
      expect(status).toBe(200)
      expect(tagsOf(html).filter((tag) => !OURS.test(tag))).toEqual([])
      expect(html.match(/<style>/g)).toHaveLength(1)
      expect(html).not.toMatch(/[\u0000-\u0008\u202a-\u202e\u2066-\u2069]/)
      // All of it is there, as text; of what cannot be seen, its number.
      const shown = text.replace(/[\u0001\u202e\u2066]/g, (c) => ` U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} `)
      expect(textOf(html).split(shown.replace(/\s+/g, ' ').trim()).length).toBeGreaterThan(8)
    }
  }
}, 120_000)

describe('a page', () => {
  test('may use its own style and nothing else at all, and says so itself; nobody keeps it or takes it for something else', async () => {
    const p = await agreed(w)
    for (const { headers, text } of [await agreementOf(p.creator, p), await storyOf(p.creator, p)]) {
      const [, style] = /<style>(.*)<\/style>/s.exec(text)!
      const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style!).digest('base64')}'`
      expect(headers.get('Content-Security-Policy')?.startsWith(policy)).toBe(true)
      expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
      expect(text.replaceAll('&#39;', "'")).toContain(`<meta http-equiv="Content-Security-Policy" content="${policy}`)
      expect(headers.get('Content-Type')).toBe('text/html; charset=UTF-8')
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(text).not.toMatch(/<script|<img|<link|url\(|@import|https?:/i)
      expect(style).toMatch(/@page\{size:A4/)
      expect(style).toContain('@media print')
    }
  })

  test('is there for whom the deal is, and a problem for everybody else', async () => {
    const p = await agreed(w)
    const stranger = await w.person('brand')
    for (const page of [agreementOf, storyOf]) {
      for (const who of [p.creator, p.campaign.owner, p.campaign.viewer]) expect((await page(who, p)).status).toBe(200)
      for (const who of [stranger, await w.person('admin')]) {
        const { status, headers } = await page(who, p)
        expect([status, headers.get('Content-Type')]).toEqual([404, 'application/problem+json'])
        expect(headers.get('Content-Security-Policy')).not.toContain('style-src')
      }
    }
    expect(await agreementOf(p.creator, await parties(w))).toMatchObject({ status: 404 })
  })
})

describe('the agreement for people', () => {
  test('has who, what, when, the hash, where in the log, the key, how to check it, and that no money moves', async () => {
    const terms = someTerms({
      fee: { amount: 123_456, currency: 'EUR' },
      payments: [
        { amount: 23_456, due: 'onAgreement' },
        { amount: 100_000, due: 'onDelivery' },
      ],
      usage: { channels: ['social', 'tv'], territories: ['UA', '001'], months: 12 },
      exclusivity: { scope: 'drinks', months: 1 },
      revisionRounds: 2,
      clauses: ['First.', 'Second.'],
    })
    const p = await agreed(w, terms)
    const { body } = await get(p.creator, `/applications/${p.applicationId}/agreement`)
    const { hash, versions, notice, roomId } = body as Agreement
    const text = textOf((await agreementOf(p.creator, p)).text)
    const [{ accepted, proposed }] = versions as [Agreement['versions'][number]]
    for (const part of [
      'Autumn',
      p.creator.name,
      p.campaign.manager.name,
      'EUR 1,234.56',
      '1 EUR 234.56 on agreement',
      '2 EUR 1,000.00 once all work is submitted',
      '2 instagram reel no day agreed',
      'social , tv',
      'Ukraine, the whole world',
      '12 months',
      'drinks , for 1 month',
      '2 rounds for each piece of work',
      'First.',
      'Second.',
      hash,
      accepted.attestation.keyId,
      accepted.attestation.signature,
      `UTC ${accepted.seq}`,
      `UTC ${proposed.seq}`,
      `npx parley-verify FILE --key ${accepted.attestation.keyId}`,
      `/api/v1/rooms/${roomId}/proof`,
      notice,
    ])
      expect(text).toContain(part)
    expect(notice).toContain('Parley moves no money and holds none')
  })

  test('says of each amendment what it changed, and is of the version that binds now', async () => {
    const p = await agreed(w)
    const waiting = await propose(w, p.creator, p, { basedOn: 1, terms: someTerms({ revisionRounds: 7, clauses: ['Added'] }) })
    expect(textOf((await agreementOf(p.creator, p)).text)).not.toContain('7 rounds')
    await accept(w, p.campaign.owner, p, waiting)
    const text = textOf((await agreementOf(p.creator, p)).text)
    expect(text).toContain('Version 2 of the terms, agreed')
    expect(text).toContain(
      'Against version 1: Term Before After Revisions 1 round for each piece of work 7 rounds for each piece of work Clause 1 – Added',
    )
  })

  test('says of work and payments at which entry they came to stand so, and what was said there', async () => {
    const p = await agreed(w, someTerms({ deliverables: [{ platform: 'instagram', format: 'reel', count: 1, due: null }] }))
    const its = { applicationId: p.applicationId, commandId: commandId() }
    const links = ['https://example.com/reel']
    const { seq } = await submitDeliverable(w.as(p.creator), { ...its, deliverable: 1, links, note: 'Have a look' })
    const text = textOf((await agreementOf(p.creator, p)).text)
    expect(text).toContain(`reel on instagram https://example.com/reel Said at entry ${seq}: Have a look no day agreed submitted ${seq} `)
    expect(text).toContain('once all work is approved due –')
    await eraseMessages(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, seqs: [seq], reason: 'personRequest' })
    expect(textOf((await storyOf(p.creator, p)).text)).toContain(`erased the words of 1 entry: ${seq}, at the request of a person`)
  })

  test('has no name of whoever was erased', async () => {
    const p = await agreed(w)
    const added = (await logOf(w, p.roomId)).filter(({ type }) => type === 'room.memberAdded').map(({ seq }) => seq)
    const by = { streamId: p.roomId, actor: SYSTEM, commandId: commandId(), accessVersion: null } as const
    await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: added, reason: 'personRequest' }))
    const { text } = await agreementOf(p.creator, p)
    expect(text).not.toContain(p.campaign.manager.name)
    expect(text.match(/name erased/g)).toHaveLength(2)
  })
})

test('an amount has its currency’s own digits, exactly', () => {
  const plain = (amount: number, currency: string) => money({ amount, currency }).replace('&nbsp;', ' ')
  expect(plain(0, 'EUR')).toBe('EUR 0.00')
  expect(plain(5, 'EUR')).toBe('EUR 0.05')
  expect(plain(1_234_567, 'EUR')).toBe('EUR 12,345.67')
  expect(plain(1_234_567, 'JPY')).toBe('JPY 1,234,567')
  expect(plain(5, 'JPY')).toBe('JPY 5')
  expect(plain(1_234_567, 'KWD')).toBe('KWD 1,234.567')
  expect(plain(AMOUNT_MAX, 'EUR')).toBe('EUR 10,000,000,000.00')
  expect(plain(AMOUNT_MAX - 1, 'KWD')).toBe('KWD 999,999,999.999')
})

test('the story for people says what happened, in order, and how much was said in between', async () => {
  const p = await parties(w, { terms: someTerms() })
  await sendMessage(w.as(p.creator), { commandId: commandId(), roomId: p.roomId, text: 'nobody else’s business' })
  const next = await counter(w, p.campaign.manager, p, 1, { terms: someTerms({ revisionRounds: 3 }) })
  await accept(w, p.creator, p, next)
  await propose(w, p.campaign.owner, p, { basedOn: 2, terms: someTerms({ revisionRounds: 4 }) })
  await declineOffer(w.as(p.creator), { commandId: commandId(), applicationId: p.applicationId, offer: 3 })
  await propose(w, p.campaign.owner, p, { basedOn: 2, terms: someTerms({ revisionRounds: 4 }) })
  await cancel(w, p.creator, p, 'cancel.request')
  await cancel(w, p.campaign.owner, p, 'cancel.confirm')
  const { text } = await storyOf(p.creator, p)
  const told = [
    `${p.creator.name} (creator) applied`,
    `${p.creator.name} (creator) proposed version 1 of the terms`,
    '1 message,',
    `${p.campaign.manager.name} (brand) proposed version 2 of the terms`,
    'Against version 1: Term Before After Revisions 1 round for each piece of work 3 rounds for each piece of work',
    `${p.campaign.manager.name} (brand) began to negotiate (submitted → negotiating)`,
    `${p.creator.name} (creator) accepted version 2 , which binds both sides from here on`,
    `${p.creator.name} (creator) made the agreement (negotiating → agreed)`,
    'proposed version 4 of the terms, to amend version 2',
    'The terms are the same as those of version 3.',
    `${p.creator.name} (creator) asked to cancel the deal`,
    `${p.campaign.owner.name} (brand) cancelled the deal (agreed → cancelled)`,
    'Parley moves no money and holds none',
  ]
  const places = told.map((part) => textOf(text).indexOf(part))
  expect(places).toEqual(places.filter((place) => place > 0).sort((a, b) => a - b))
  expect(text).not.toContain('nobody else')
  expect(textOf(text)).not.toContain('asked to cancel the deal (')
  expect(text).toContain('All of it: 11 events.')
})

test('the story says to both sides of what Parley has reminded whom, and by REST it has the same entries', async () => {
  const p = await agreed(w, someTerms({ deliverables: [{ platform: 'instagram', format: 'Reel', count: 1, due: '2030-05-01' }] }))
  const reminders = [
    { type: 'application.reminded', deal: { kind: 'waiting', to: 'brand' } },
    { type: 'application.reminded', deal: { kind: 'closing', to: 'brand' } },
    { type: 'offer.reminded', deal: { offer: 1, kind: 'expiring', to: 'creator' } },
    { type: 'deliverable.reminded', deal: { deliverable: 1, kind: 'dueSoon', due: '2030-05-01', to: 'creator' } },
    { type: 'deliverable.reminded', deal: { deliverable: 1, kind: 'overdue', due: '2030-05-01', to: 'creator' } },
    { type: 'deliverable.reminded', deal: { deliverable: 1, kind: 'escalated', due: '2030-05-01', to: 'brand' } },
  ] as const
  const entries = reminders.map((one) => ({
    ...one,
    streamId: p.roomId,
    actor: SYSTEM,
    commandId: commandId(),
    accessVersion: null,
    personal: null,
  }))
  await w.db.orm.em.fork().transactional((em) => w.db.log.append(em, entries))
  const said = [
    'Parley reminded the brand that the application waits for its decision',
    'Parley reminded the brand that the time to decide is nearly over',
    'Parley reminded the creator that the time of version 1 is nearly over',
    'Parley reminded the creator of piece 1 of the work, which is due on 2030-05-01',
    'Parley reminded both sides of piece 1 of the work, which was due on 2030-05-01',
    'Parley told the owners of the brand that piece 1 of the work is still missing, which was due on 2030-05-01',
  ]
  for (const who of [p.creator, p.campaign.viewer]) {
    const html = (await storyOf(who, p)).text
    for (const sentence of said) expect(textOf(html)).toContain(sentence)
    const { items } = (await get(who, `/rooms/${p.roomId}/timeline?limit=100`)).body as {
      items: { type?: string; deal?: unknown; who?: object }[]
    }
    const told = items.filter(({ type }) => type?.endsWith('.reminded'))
    expect(told.map(({ type, deal }) => ({ type, deal }))).toEqual(reminders)
    expect(told.map((one) => one.who)).toEqual(reminders.map(() => ({ member: SYSTEM, side: 'system', name: null })))
  }
})
