import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, type TeamRole, type UserId } from '../../client-sdk/contract/index.ts'
import { verifyStream } from '../../persistence/verify.ts'
import { blockPerson } from '../people/block-person.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { passOn, removeFromTeam, setTeamRole } from './change-team.ts'
import { getBrand, listTeam } from './read-brand.ts'
import { factsOf, makeTeam, type Team } from './testing.ts'
import { updateBrand } from './update-brand.ts'

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())
const notFound = { code: 'resource.notFound' }
const denied = { code: 'access.denied' }
const lastOwner = { code: 'member.lastOwner' }

type Whom = { userId: UserId }
const remove = async (by: TestPerson, { brandId }: Pick<Team, 'brandId'>, { userId }: Whom) =>
  removeFromTeam(w.as(by), { commandId: commandId(), brandId, userId })
const set = (by: TestPerson, { brandId }: Pick<Team, 'brandId'>, { userId }: Whom, role: TeamRole) =>
  setTeamRole(w.as(by), { commandId: commandId(), brandId, userId, role })
const pass = (by: TestPerson, { brandId }: Pick<Team, 'brandId'>, { userId }: Whom) =>
  passOn(w.as(by), { commandId: commandId(), brandId, userId })
const rolesOf = async (by: TestPerson, team: Team) => (await listTeam(w.as(by), team)).map(({ role }) => role)

describe('a role in the team', () => {
  test('is changed by owners, and counts at once', async () => {
    const team = await makeTeam(w)
    await set(team.owner, team, team.viewer, 'manager')
    expect(await updateBrand(w.as(team.viewer), { commandId: commandId(), brandId: team.brandId, version: 1, name: 'New' })).toMatchObject({
      version: 2,
    })
    await set(team.owner, team, team.viewer, 'viewer')
    await expect(
      updateBrand(w.as(team.viewer), { commandId: commandId(), brandId: team.brandId, version: 2, name: 'Newer' }),
    ).rejects.toMatchObject(denied)
    const changes = (await factsOf(w, team.brandId)).filter(({ type }) => type === 'brand.roleChanged')
    expect(changes).toMatchObject([{ deal: { role: 'manager' } }, { deal: { role: 'viewer' } }])
  })

  test('that they have already changes nothing', async () => {
    const team = await makeTeam(w)
    const before = await factsOf(w, team.brandId)
    await set(team.owner, team, team.manager, 'manager')
    expect(await factsOf(w, team.brandId)).toEqual(before)
  })

  test('is none of managers, viewers and strangers, and of nobody who is not in the team', async () => {
    const team = await makeTeam(w)
    const other = await makeTeam(w)
    for (const by of [team.manager, team.viewer]) await expect(set(by, team, team.viewer, 'manager')).rejects.toMatchObject(denied)
    await expect(set(other.owner, team, team.viewer, 'owner')).rejects.toMatchObject(notFound)
    await expect(set(other.owner, team, other.owner, 'owner')).rejects.toMatchObject(notFound)
    for (const userId of [other.viewer.userId, newId<UserId>()])
      await expect(set(team.owner, team, { userId }, 'viewer')).rejects.toMatchObject({ ...notFound, message: 'No such member' })
    expect(await rolesOf(team.owner, team)).toEqual(['owner', 'manager', 'viewer'])
  })

  test('of the last owner stays; with another owner it may go, and a repeat still answers who gave it up', async () => {
    const team = await makeTeam(w)
    await expect(set(team.owner, team, team.owner, 'viewer')).rejects.toMatchObject(lastOwner)
    await set(team.owner, team, team.manager, 'owner')
    const input = { commandId: commandId(), brandId: team.brandId, userId: team.owner.userId, role: 'viewer' as const }
    for (const _ of [1, 2]) expect(await setTeamRole(w.as(team.owner), input)).toEqual({ brandId: team.brandId })
    await expect(set(team.owner, team, team.owner, 'owner')).rejects.toMatchObject(denied)
  })
})

describe('leaving a team', () => {
  test('is for everybody, and being removed by owners; they see nothing of it after', async () => {
    const team = await makeTeam(w)
    await remove(team.viewer, team, team.viewer)
    await remove(team.owner, team, team.manager)
    for (const gone of [team.viewer, team.manager]) {
      await expect(getBrand(w.as(gone), team)).rejects.toMatchObject(notFound)
      await expect(listTeam(w.as(gone), team)).rejects.toMatchObject(notFound)
      await expect(remove(gone, team, gone)).rejects.toMatchObject(notFound)
    }
    expect(await rolesOf(team.owner, team)).toEqual(['owner'])
    const removed = (await factsOf(w, team.brandId)).filter(({ type }) => type === 'brand.memberRemoved')
    expect(removed).toMatchObject([{ deal: { role: 'viewer' } }, { deal: { role: 'manager' } }])
    expect(await verifyStream(w.db, team.brandId)).toMatchObject({ ok: true })
  })

  test('with the same command again happens once', async () => {
    const team = await makeTeam(w)
    const input = { commandId: commandId(), brandId: team.brandId, userId: team.viewer.userId }
    for (const _ of [1, 2]) expect(await removeFromTeam(w.as(team.owner), input)).toEqual({ brandId: team.brandId })
    await expect(remove(team.owner, team, team.viewer)).rejects.toMatchObject({ message: 'No such member' })
  })

  test('takes others out for owners alone', async () => {
    const team = await makeTeam(w)
    const other = await makeTeam(w)
    for (const by of [team.manager, team.viewer]) await expect(remove(by, team, team.owner)).rejects.toMatchObject(denied)
    await expect(remove(other.owner, team, team.viewer)).rejects.toMatchObject({ message: 'No such brand' })
    await expect(remove(other.owner, team, other.owner)).rejects.toMatchObject({ message: 'No such brand' })
    expect(await rolesOf(team.owner, team)).toHaveLength(3)
  })

  test('is not for the last owner', async () => {
    const team = await makeTeam(w)
    await expect(remove(team.owner, team, team.owner)).rejects.toMatchObject(lastOwner)
    expect(await rolesOf(team.owner, team)).toEqual(['owner', 'manager', 'viewer'])
  })

  test('of two owners who remove each other at once, one stays', async () => {
    for (let i = 0; i < 5; i++) {
      const team = await makeTeam(w)
      const [a, b] = [team.owner, team.manager]
      await set(a, team, b, 'owner')
      const settled = await Promise.allSettled([remove(a, team, b), remove(b, team, a)])
      expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const stays = settled[0]!.status === 'fulfilled' ? a : b
      expect(await rolesOf(stays, team)).toEqual(expect.arrayContaining(['owner', 'viewer']))
      for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(notFound)
    }
  })

  test('at once by both owners leaves one of them', async () => {
    const team = await makeTeam(w)
    await set(team.owner, team, team.manager, 'owner')
    const settled = await Promise.allSettled([remove(team.owner, team, team.owner), remove(team.manager, team, team.manager)])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(lastOwner)
  })

  test('leaves an owner who can do something: one who is shut out is none, and can be removed', async () => {
    const team = await makeTeam(w)
    await set(team.owner, team, team.manager, 'owner')
    await blockPerson(w.as(await w.person('admin')), { commandId: commandId(), userId: team.manager.userId })
    await expect(remove(team.owner, team, team.owner)).rejects.toMatchObject(lastOwner)
    await expect(pass(team.owner, team, team.manager)).rejects.toMatchObject(lastOwner)
    await expect(remove(team.manager, team, team.manager)).rejects.toMatchObject(notFound)
    await remove(team.owner, team, team.manager)
    expect(await rolesOf(team.owner, team)).toEqual(['owner', 'viewer'])
  })
})

describe('passing a brand on', () => {
  test('makes the other an owner and the caller a manager, in one; a repeat answers though the right is gone', async () => {
    const team = await makeTeam(w)
    const input = { commandId: commandId(), brandId: team.brandId, userId: team.viewer.userId }
    for (const _ of [1, 2]) expect(await passOn(w.as(team.owner), input)).toEqual({ brandId: team.brandId })
    expect(await rolesOf(team.viewer, team)).toEqual(['manager', 'manager', 'owner'])
    expect((await factsOf(w, team.brandId)).slice(-2)).toMatchObject([
      { type: 'brand.roleChanged', deal: { role: 'owner' } },
      { type: 'brand.roleChanged', deal: { role: 'manager' } },
    ])
    await expect(pass(team.owner, team, team.manager)).rejects.toMatchObject(denied)
  })

  test('goes to somebody of the team, and not to oneself', async () => {
    const team = await makeTeam(w)
    await expect(pass(team.owner, team, await w.person('brand'))).rejects.toMatchObject({ message: 'No such member' })
    await expect(pass(team.owner, team, team.owner)).rejects.toMatchObject({ code: 'request.invalid' })
    await expect(pass(team.manager, team, team.manager)).rejects.toMatchObject(denied)
    expect(await rolesOf(team.owner, team)).toEqual(['owner', 'manager', 'viewer'])
  })

  test('twice at once to two people ends with one new owner', async () => {
    const team = await makeTeam(w)
    const settled = await Promise.allSettled([pass(team.owner, team, team.manager), pass(team.owner, team, team.viewer)])
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(denied)
    expect((await rolesOf(team.manager, team)).filter((role) => role === 'owner')).toHaveLength(1)
  })
})
