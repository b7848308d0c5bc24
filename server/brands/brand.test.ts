import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreateBrand, newId, UpdateBrand } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { blockPerson } from '../people/block-person.ts'
import { commandId, type World, world } from '../testing.ts'
import { createBrand } from './create-brand.ts'
import { getBrand, listBrands, listInvitations, listTeam } from './read-brand.ts'
import { factsOf, makeBrand, makeTeam } from './testing.ts'
import { updateBrand } from './update-brand.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const notFound = { code: 'resource.notFound' }
const denied = { code: 'access.denied' }

describe('a brand', () => {
  test('belongs to whoever makes it, and its log says so', async () => {
    const owner = await w.person('brand', 'Olga')
    const { brandId, version } = await createBrand(w.as(owner), { commandId: commandId(), name: 'Acme', territory: 'UA' })
    expect(version).toBe(1)
    expect(await getBrand(w.as(owner), { brandId })).toMatchObject({
      ...{ brandId, version: 1, name: 'Acme', about: null, website: null, territory: 'UA', me: 'owner' },
    })
    const [created, added] = await factsOf(w, brandId)
    expect(created).toMatchObject({ type: 'brand.created', deal: { brandId } })
    expect(added).toMatchObject({ type: 'brand.memberAdded', deal: { member: created!.actor, role: 'owner' } })
    expect(await listTeam(w.as(owner), { brandId })).toMatchObject([{ ...pick(owner), name: 'Olga', role: 'owner' }])
    expect(await verifyStream(w.db, brandId)).toMatchObject({ ok: true })
  })

  test('is made once, however often its command comes', async () => {
    const owner = await w.person('brand')
    const input = { commandId: commandId(), name: 'Twice' }
    const made = await Promise.all([1, 2, 3].map(() => createBrand(w.as(owner), input)))
    expect(new Set(made.map(({ brandId }) => brandId)).size).toBe(1)
    expect((await listBrands(w.as(owner), { limit: 20 })).items).toHaveLength(1)
    await expect(createBrand(w.as(owner), { ...input, name: 'Other' })).rejects.toMatchObject({ code: 'command.reused' })
  })

  test('is for people of brands: creators and administrators have none', async () => {
    for (const role of ['creator', 'admin'] as const) {
      const ctx = w.as(await w.person(role))
      await expect(async () => createBrand(ctx, { commandId: commandId(), name: 'X' })).rejects.toMatchObject(denied)
    }
  })

  test.each([
    ['letters that pass for others', 'Ac\u043ce'],
    ['a turn of direction', 'Acme\u202egnp.exe'],
    ['a sign that nobody sees', 'Ac\u200bme'],
    ['U+0000', 'Ac\0me'],
    ['half a surrogate', 'Acme\ud800'],
    ['nothing but space', '  '],
    ['another line', 'Acme\nBcc: all'],
  ])('has no name with %s', (_, name) => {
    expect(CreateBrand.safeParse({ commandId: commandId(), name }).success).toBe(false)
    expect(UpdateBrand.safeParse({ commandId: commandId(), brandId: newId(), version: 1, name }).success).toBe(false)
  })
})

describe('changing a brand', () => {
  test('says which fields are others now, and raises its version; the same again does neither', async () => {
    const { brandId, manager } = await makeTeam(w)
    const change = { brandId, name: 'Acme', about: 'We make things', website: 'https://acme.example' }
    expect(await updateBrand(w.as(manager), { commandId: commandId(), version: 1, ...change })).toEqual({ brandId, version: 2 })
    const before = await factsOf(w, brandId)
    expect(before.at(-1)).toMatchObject({ type: 'brand.changed', deal: { version: 2, fields: ['about', 'website'] } })
    expect(await updateBrand(w.as(manager), { commandId: commandId(), version: 2, ...change })).toEqual({ brandId, version: 2 })
    expect(await updateBrand(w.as(manager), { commandId: commandId(), version: 2, brandId, about: null })).toEqual({ brandId, version: 3 })
    expect(await factsOf(w, brandId)).toHaveLength(before.length + 1)
    expect(await getBrand(w.as(manager), { brandId })).toMatchObject({ version: 3, about: null, website: 'https://acme.example' })
  })

  test('is refused for a version that is no more, and of two at once one goes through', async () => {
    const { brandId, owner, manager } = await makeTeam(w)
    const update = (who: typeof owner, name: string) => updateBrand(w.as(who), { commandId: commandId(), brandId, version: 1, name })
    const settled = await Promise.allSettled([update(owner, 'One'), update(manager, 'Two')])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(update(owner, 'Three')).rejects.toMatchObject({ code: 'resource.stale' })
    expect((await factsOf(w, brandId)).filter(({ type }) => type === 'brand.changed')).toHaveLength(1)
  })

  test('answers a repeat, though its version is no more', async () => {
    const { brandId, owner } = await makeTeam(w)
    const input = { commandId: commandId(), brandId, version: 1, name: 'New' }
    expect([await updateBrand(w.as(owner), input), await updateBrand(w.as(owner), input)]).toEqual([
      { brandId, version: 2 },
      { brandId, version: 2 },
    ])
  })

  test('is for its owners and managers; to others it is not there', async () => {
    const { brandId, viewer } = await makeTeam(w)
    const update = (who: typeof viewer, id = brandId) =>
      updateBrand(w.as(who), { commandId: commandId(), brandId: id, version: 1, name: 'Mine' })
    await expect(update(viewer)).rejects.toMatchObject(denied)
    const { owner: stranger } = await makeTeam(w)
    for (const who of [stranger, await w.person('admin'), await w.person('creator')]) {
      await expect(update(who)).rejects.toMatchObject(notFound)
      await expect(update(who, newId())).rejects.toMatchObject({ ...notFound, message: 'No such brand' })
      await expect(update(who)).rejects.toMatchObject({ message: 'No such brand' })
    }
  })
})

describe('reading', () => {
  test('a brand, its team and its invitations is for those who may', async () => {
    const { brandId, owner, manager, viewer } = await makeTeam(w)
    const stranger = await w.person('brand')
    for (const person of [owner, manager, viewer]) {
      expect(await getBrand(w.as(person), { brandId })).toMatchObject({ brandId })
      expect((await listTeam(w.as(person), { brandId })).map(({ role }) => role)).toEqual(['owner', 'manager', 'viewer'])
    }
    for (const read of [getBrand, listTeam, listInvitations])
      await expect(read(w.as(stranger), { brandId })).rejects.toMatchObject(notFound)
    for (const person of [manager, viewer]) await expect(listInvitations(w.as(person), { brandId })).rejects.toMatchObject(denied)
    expect(await listInvitations(w.as(owner), { brandId })).toEqual([])
  })

  test("one's brands goes page by page, the newest first, and ends", async () => {
    const owner = await w.person('brand')
    const made = []
    for (const name of ['A', 'B', 'C', 'D', 'E']) made.push(await makeBrand(w, owner, name))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listBrands(w.as(owner), { limit: 2, cursor })
      seen.push(...page.items.map(({ brandId }) => brandId))
      cursor = page.cursor ?? undefined
    } while (cursor)
    expect(seen).toHaveLength(5)
    expect(new Set(seen)).toEqual(new Set(made))
    for (const cursor of ['x', "'", '\0', newId().slice(1)])
      await expect(listBrands(w.as(owner), { limit: 2, cursor })).rejects.toMatchObject({ code: 'request.invalid' })
  })

  test('ends for whoever is shut out of the platform, and so does what they were about to change', async () => {
    const { brandId, owner, manager } = await makeTeam(w)
    const version = async () =>
      Number((await w.db.pool.query('select access_version from stream where id = $1', [brandId])).rows[0].access_version)
    const before = await version()
    await blockPerson(w.as(await w.person('admin')), { commandId: commandId(), userId: manager.userId })
    expect(await version()).toBe(before + 1)
    await expect(getBrand(w.as(manager), { brandId })).rejects.toMatchObject(notFound)
    expect((await listBrands(w.as(manager), { limit: 20 })).items).toEqual([])
    expect(await listTeam(w.as(owner), { brandId })).toHaveLength(3)
  })
})

const pick = ({ userId, email }: { userId: string; email: string }) => ({ userId, email })
