import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Profile, PutProfile, UserId } from '../../client-sdk/contract/index.ts'
import { apply, openCampaign } from '../applications/testing.ts'
import { removeFromTeam } from '../brands/change-team.ts'
import { bringIn, makeTeam } from '../brands/testing.ts'
import { putEntry } from '../catalogue/put-entry.ts'
import { blockPerson, unblockPerson } from '../people/block-person.ts'
import { changeSettings } from '../people/settings.ts'
import { commandId, type TestPerson } from '../testing.ts'
import { type Rest, restWorld } from '../testing-rest.ts'
import { getCreator, getOwnProfile } from './get-profile.ts'
import { putProfile } from './put-profile.ts'

let w: Rest
beforeAll(async () => {
  w = await restWorld()
})
afterAll(() => w.close())

const PATH = '/api/v1/me/profile'
const blank = {
  headline: null,
  about: null,
  channels: [],
  categories: [],
  languages: [],
  territory: null,
  rates: [],
  currency: null,
  portfolio: [],
}
const channel = {
  platform: 'instagram',
  handle: '@aiko',
  url: 'https://instagram.com/aiko',
  followers: 10_000,
  averageViews: null,
  engagement: 420,
}
const filled = {
  headline: 'Ceramics, slowly',
  about: 'Я роблю чашки.\nIn Lviv.',
  channels: [channel, { ...channel, platform: 'tiktok', url: null, averageViews: 3_000 }],
  categories: ['crafts', 'home'],
  languages: ['uk', 'pt-BR'],
  territory: 'UA',
  rates: [{ work: 'A reel', price: { amount: 50_000, currency: 'EUR' } }],
  currency: 'EUR',
  portfolio: [{ title: 'The blue cup', url: 'https://example.com/blue' }],
}
const put = (person: TestPerson, fields: Partial<PutProfile> = {}) =>
  putProfile(w.as(person), { commandId: commandId(), version: 0, ...fields } as PutProfile)
const eventsOf = async (id: UserId) =>
  (await w.db.log.readAfter(id, 0, 50)).events.flatMap(({ type, data }) => (type === 'profile.changed' ? [data.deal] : []))

test('a creator fills in a profile, changes all of it at once, and each version is on their stream', async () => {
  const aiko = await w.person('creator', 'Aiko')
  const token = await w.token(aiko)
  const first = await w.call('GET', PATH, { token })
  expect(first).toMatchObject({ status: 200, body: { userId: aiko.userId, name: 'Aiko', version: 0, ...blank } })
  expect(first.headers.get('ETag')).toBe('"0"')
  const made = await w.call('PUT', PATH, { token, body: filled, headers: { 'If-Match': '"0"' } })
  expect([made.status, made.body, made.headers.get('ETag')]).toEqual([200, { version: 1 }, '"1"'])
  expect((await w.call('GET', PATH, { token })).body).toEqual({ userId: aiko.userId, name: 'Aiko', version: 1, ...filled })
  const less = { headline: 'Cups', categories: ['crafts'] }
  expect((await w.call('PUT', PATH, { token, body: less, headers: { 'If-Match': '"1"' } })).body).toEqual({ version: 2 })
  expect((await w.call('GET', PATH, { token })).body).toEqual({ userId: aiko.userId, name: 'Aiko', version: 2, ...blank, ...less })
  expect(await eventsOf(aiko.userId)).toEqual([{ version: 1 }, { version: 2 }])
})

test('the same profile again makes no new version, and the same order is one order', async () => {
  const person = await w.person('creator')
  const order = { commandId: commandId(), version: 0, ...blank } as PutProfile
  expect([await putProfile(w.as(person), order), await putProfile(w.as(person), order)]).toEqual([{ version: 1 }, { version: 1 }])
  expect(await put(person, { version: 1 })).toEqual({ version: 1 })
  await expect(putProfile(w.as(person), { ...order, headline: 'Another' })).rejects.toMatchObject({ code: 'command.reused' })
  expect(await eventsOf(person.userId)).toEqual([{ version: 1 }])
})

test('of changes at once of one version one holds, the first one, too', async () => {
  const person = await w.person('creator')
  for (const version of [0, 1]) {
    const all = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => put(person, { version, headline: `v${version} ${i}` })))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of all) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'resource.stale' })
  }
  expect(await eventsOf(person.userId)).toEqual([{ version: 1 }, { version: 2 }])
})

test('a change of another version than the one there is, or of none, is refused', async () => {
  const person = await w.person('creator')
  const token = await w.token(person)
  await put(person, { headline: 'One' })
  for (const version of [0, 2, 2 ** 40]) await expect(put(person, { version })).rejects.toMatchObject({ code: 'resource.stale' })
  const by = (tag?: string) => w.call('PUT', PATH, { token, body: {}, headers: tag === undefined ? {} : { 'If-Match': tag } })
  expect(await by()).toMatchObject({ status: 428, body: { code: 'precondition.required' } })
  for (const tag of ['1', '"x"', '*', 'w/"1"', '"-1"', '"99999999999"']) expect(await by(tag)).toMatchObject({ status: 400 })
  expect(await by('"7"')).toMatchObject({ status: 412, body: { code: 'resource.stale' } })
  expect(await getOwnProfile(w.as(person))).toMatchObject({ version: 1, headline: 'One' })
})

test('what is not in the catalogue is refused by its name, and what was retired since stays with who has it', async () => {
  const person = await w.person('creator')
  const entry = { commandId: commandId(), list: 'categories', key: 'origami', name: 'Origami', retired: false } as const
  await putEntry(w.asSystem(), entry)
  await put(person, { categories: ['origami'] })
  await putEntry(w.asSystem(), { ...entry, commandId: commandId(), retired: true })
  expect(await put(person, { version: 1, categories: ['origami', 'crafts'] })).toEqual({ version: 2 })
  const other = await w.person('creator')
  const unknown = [{ categories: ['origami'] }, { categories: ['crafts', 'origami'] }, { channels: [{ ...channel, platform: 'origami' }] }]
  for (const fields of unknown as Partial<PutProfile>[])
    await expect(put(other, fields)).rejects.toMatchObject({ code: 'catalogue.unknown', message: expect.stringContaining('origami') })
  await put(person, { version: 2, categories: ['crafts'] })
  await expect(put(person, { version: 3, categories: ['origami'] })).rejects.toMatchObject({ code: 'catalogue.unknown' })
  expect(await getOwnProfile(w.as(other))).toMatchObject({ version: 0 })
})

test('what is no profile is refused and changes nothing', async () => {
  const person = await w.person('creator')
  const token = await w.token(person)
  const bad: unknown[] = [
    { headline: 'A\0' },
    { headline: '\ud800' },
    { headline: 'safe\u202eexe' },
    { headline: 'pаypal' }, // its second letter is Cyrillic
    { about: ' ' },
    { about: 'x'.repeat(4_001) },
    { channels: [{ ...channel, followers: -1 }] },
    { channels: [{ ...channel, followers: 1e300 }] },
    { channels: [{ ...channel, followers: 1.5 }] },
    { channels: [{ ...channel, engagement: 10_001 }] },
    { channels: [{ ...channel, url: 'javascript:alert(1)' }] },
    { channels: [{ ...channel, url: 'http://example.com' }] },
    { channels: Array.from({ length: 21 }, () => channel) },
    { categories: ['crafts', 'crafts'] },
    { categories: ['__proto__'] },
    { categories: 'crafts' },
    { languages: ['zz-ZZZ'] },
    { territory: 'QZ' },
    { rates: [{ work: 'A', price: { amount: -5, currency: 'EUR' } }] },
    { rates: [{ work: 'A', price: { amount: 2 ** 53, currency: 'EUR' } }] },
    { rates: [{ work: 'A', price: { amount: 5, currency: 'XYZ1' } }] },
    { portfolio: [{ title: 'A', url: 'file:///etc/passwd' }] },
    [],
    null,
  ]
  for (const body of bad) {
    const answer = await w.call('PUT', PATH, { token, body: JSON.stringify(body), headers: { 'If-Match': '"0"' } })
    expect([body, answer.status]).toEqual([body, 400])
  }
  expect(await getOwnProfile(w.as(person))).toMatchObject({ version: 0, ...blank })
})

test('a profile is a creator’s: brands and administrators have none, and nobody without a session', async () => {
  for (const role of ['brand', 'admin'] as const) {
    const token = await w.token(await w.person(role))
    expect(await w.call('GET', PATH, { token })).toMatchObject({ status: 403, body: { code: 'access.denied' } })
    expect(await w.call('PUT', PATH, { token, body: {}, headers: { 'If-Match': '"0"' } })).toMatchObject({ status: 403 })
    await expect(put(await w.person(role))).rejects.toMatchObject({ code: 'access.denied' })
  }
  expect(await w.call('GET', PATH)).toMatchObject({ status: 401 })
})

const sees = (viewer: TestPerson, { userId }: TestPerson) =>
  getCreator(w.as(viewer), { userId }).then(
    ({ name }: Profile) => name,
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  )
const HIDDEN = 'resource.notFound: No such creator'

test('a creator is seen by people of brands’ teams, and by nobody else', async () => {
  const team = await makeTeam(w)
  const aiko = await w.person('creator', 'Aiko')
  await put(aiko, { headline: 'Cups' })
  for (const member of [team.owner, team.manager, team.viewer]) expect(await sees(member, aiko)).toBe('Aiko')
  const token = await w.token(team.viewer)
  const answer = await w.call('GET', `/api/v1/creators/${aiko.userId}`, { token })
  expect(answer).toMatchObject({ status: 200, body: { userId: aiko.userId, version: 1, headline: 'Cups' } })
  expect(answer.headers.get('ETag')).toBe('"1"')
  expect(JSON.stringify(answer.body)).not.toContain('@example.com')
  const alone = await w.person('brand')
  expect(await sees(alone, aiko)).toBe(HIDDEN)
  await bringIn(w, { brandId: team.brandId, owner: team.owner }, alone)
  expect(await sees(alone, aiko)).toBe('Aiko')
  await removeFromTeam(w.as(team.owner), { commandId: commandId(), brandId: team.brandId, userId: alone.userId })
  expect(await sees(alone, aiko)).toBe(HIDDEN)
  for (const role of ['creator', 'admin'] as const) {
    const other = await w.token(await w.person(role))
    expect(await w.call('GET', `/api/v1/creators/${aiko.userId}`, { token: other })).toMatchObject({ status: 403 })
  }
})

test('who is no creator, is blocked, or does not exist is not found, in the same words', async () => {
  const { owner } = await makeTeam(w)
  const aiko = await w.person('creator', 'Aiko')
  for (const role of ['brand', 'admin'] as const) expect(await sees(owner, await w.person(role))).toBe(HIDDEN)
  expect(await sees(owner, { ...aiko, userId: commandId() as string as UserId })).toBe(HIDDEN)
  await blockPerson(w.asSystem(), { commandId: commandId(), userId: aiko.userId })
  expect(await sees(owner, aiko)).toBe(HIDDEN)
  await unblockPerson(w.asSystem(), { commandId: commandId(), userId: aiko.userId })
  expect(await sees(owner, aiko)).toBe('Aiko')
  const token = await w.token(owner)
  expect(await w.call('GET', '/api/v1/creators/no-uuid', { token })).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
})

test('who shows a profile to those that they applied to is seen by these teams alone', async () => {
  const wanted = await openCampaign(w)
  const other = await makeTeam(w)
  const aiko = await w.person('creator', 'Aiko')
  await changeSettings(w.as(aiko), { profile: 'applied' })
  expect(await Promise.all([wanted.viewer, other.owner].map((viewer) => sees(viewer, aiko)))).toEqual([HIDDEN, HIDDEN])
  await apply(w, aiko, wanted.campaignId)
  expect(await Promise.all([wanted.viewer, other.owner].map((viewer) => sees(viewer, aiko)))).toEqual(['Aiko', HIDDEN])
  await changeSettings(w.as(aiko), { profile: 'brands' })
  expect(await sees(other.owner, aiko)).toBe('Aiko')
})
