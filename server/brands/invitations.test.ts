import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AcceptInvitation, type InvitationId, InviteToBrand, newId, SignUpInvited } from '../../client-sdk/contract/index.ts'
import { blockPerson } from '../people/block-person.ts'
import { signIn } from '../sessions/sign-in.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'
import { acceptInvitation } from './accept-invitation.ts'
import { removeFromTeam, setTeamRole } from './change-team.ts'
import { inviteToBrand, revokeInvitation } from './invite.ts'
import { getBrand, listInvitations, listTeam } from './read-brand.ts'
import { signUpInvited } from './sign-up-invited.ts'
import { bringIn, factsOf, invite, makeBrand, makeTeam } from './testing.ts'

let w: World
let superuser: pg.Client
beforeAll(async () => {
  w = await world()
  superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley' })
  await superuser.connect()
})
afterAll(async () => {
  await superuser.end()
  await w.close()
})
const notFound = { code: 'resource.notFound', message: 'No such invitation' }
const accept = async (person: TestPerson, code: string) => acceptInvitation(w.as(person), { commandId: commandId(), code })
const someone = () => ({ email: `${newId()}@example.com` })
const signUp = (code: string, name = 'Nina') =>
  signUpInvited(w.asSystem(), { commandId: commandId(), code, name, password: 'a long enough one' })
const end = (email: string) => superuser.query(`update invitation set ends_at = clock_timestamp() where email = $1`, [email])

describe('inviting', () => {
  test('sends a code that is nowhere but in the mail, and tells nobody of the address', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner, role: 'manager' }, guest)
    const [invitation] = await listInvitations(w.as(owner), { brandId })
    expect(invitation).toMatchObject({ email: guest.email, role: 'manager' })
    expect(Date.parse(invitation!.endsAt) - Date.parse(invitation!.createdAt)).toBe(14 * 24 * 3_600_000)
    expect((await factsOf(w, brandId)).at(-1)).toMatchObject({
      ...{ type: 'brand.invited', deal: { invitationId: invitation!.invitationId, role: 'manager' } },
    })
    const { rows } = await superuser.query(
      `select string_agg(i::text, '') || (select string_agg(coalesce(deal, '') || coalesce(personal, ''), '') from event)
         || (select string_agg(c::text, '') from command c) as all from invitation i`,
    )
    expect(rows[0].all).not.toContain(code)
    expect(
      (await superuser.query(`select string_agg(coalesce(deal, '') || coalesce(personal, ''), '') as said from event`)).rows[0].said,
    ).not.toContain(guest.email)
  })

  test('the same address again sends another code, and the first is good for nothing', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const first = await invite(w, { brandId, owner }, guest)
    const second = await invite(w, { brandId, owner, role: 'manager' }, guest)
    expect(second).not.toBe(first)
    expect(await listInvitations(w.as(owner), { brandId })).toMatchObject([{ role: 'manager' }])
    await expect(accept(guest, first)).rejects.toMatchObject(notFound)
    expect(await accept(guest, second)).toEqual({ brandId })
    expect(await getBrand(w.as(guest), { brandId })).toMatchObject({ me: 'manager' })
  })

  test('with the same command sends one mail', async () => {
    const { brandId, owner } = await makeTeam(w)
    const { email } = someone()
    const input = { commandId: commandId(), brandId, email, role: 'viewer' as const }
    const [one, two] = await Promise.all([inviteToBrand(w.as(owner), input), inviteToBrand(w.as(owner), input)])
    expect(two).toEqual(one)
    expect((await superuser.query('select from mail where recipient = $1', [email])).rowCount).toBe(1)
    await expect(inviteToBrand(w.as(owner), { ...input, role: 'manager' })).rejects.toMatchObject({ code: 'command.reused' })
  })

  test('is for owners, and for nobody who is in the team already', async () => {
    const { brandId, owner, manager, viewer } = await makeTeam(w)
    const { owner: stranger } = await makeTeam(w)
    const ask = (who: TestPerson, email: string) => inviteToBrand(w.as(who), { commandId: commandId(), brandId, email, role: 'viewer' })
    for (const who of [manager, viewer]) await expect(ask(who, someone().email)).rejects.toMatchObject({ code: 'access.denied' })
    await expect(ask(stranger, someone().email)).rejects.toMatchObject({ code: 'resource.notFound', message: 'No such brand' })
    for (const { email } of [owner, viewer]) await expect(ask(owner, email)).rejects.toMatchObject({ code: 'member.exists' })
    expect((await superuser.query('select from invitation where brand_id = $1', [brandId])).rowCount).toBe(0)
  })

  test('makes no owners, and needs an address', () => {
    const ok = { commandId: commandId(), brandId: newId(), email: 'A@Example.com', role: 'viewer' }
    expect(InviteToBrand.parse(ok).email).toBe('a@example.com')
    expect(InviteToBrand.safeParse({ ...ok, role: 'owner' }).success).toBe(false)
    for (const email of ['nobody', 'a@b.c\nBcc: x@y.z', `${'a'.repeat(300)}@example.com`, 'a\0@example.com'])
      expect(InviteToBrand.safeParse({ ...ok, email }).success).toBe(false)
  })

  test('ends at two hundred, of which those that are over are none', async () => {
    const owner = await w.person('brand')
    const brandId = await makeBrand(w, owner)
    await superuser.query(
      `insert into invitation select $1::uuid, gen_random_uuid(), 'guest' || i || '@example.com', 'viewer', sha256(convert_to($1::text || i, 'UTF8')),
              now(), now() + interval '1 day' from generate_series(1, 198) i`,
      [brandId],
    )
    const last = someone()
    await invite(w, { brandId, owner }, last)
    await expect(invite(w, { brandId, owner }, someone())).rejects.toMatchObject({ code: 'brand.full' })
    await invite(w, { brandId, owner }, last) // in its own place
    await end('guest7@example.com')
    await invite(w, { brandId, owner }, someone())
    await expect(invite(w, { brandId, owner }, someone())).rejects.toMatchObject({ code: 'brand.full' })
  })
})

describe('taking an invitation back', () => {
  test('makes its code good for nothing, once', async () => {
    const { brandId, owner, manager } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner }, guest)
    const [{ invitationId } = { invitationId: newId<InvitationId>() }] = await listInvitations(w.as(owner), { brandId })
    const input = { commandId: commandId(), brandId, invitationId }
    await expect(revokeInvitation(w.as(manager), input)).rejects.toMatchObject({ code: 'access.denied' })
    for (const _ of [1, 2]) expect(await revokeInvitation(w.as(owner), input)).toEqual({ invitationId })
    await expect(revokeInvitation(w.as(owner), { ...input, commandId: commandId() })).rejects.toMatchObject(notFound)
    await expect(accept(guest, code)).rejects.toMatchObject(notFound)
    expect((await factsOf(w, brandId)).filter(({ type }) => type === 'brand.invitationRevoked')).toHaveLength(1)
  })

  test('is for its own brand alone', async () => {
    const [a, b] = [await makeTeam(w), await makeTeam(w)]
    await invite(w, a, someone())
    const [{ invitationId } = { invitationId: newId<InvitationId>() }] = await listInvitations(w.as(a.owner), a)
    const revoke = (brandId: typeof a.brandId) => revokeInvitation(w.as(b.owner), { commandId: commandId(), brandId, invitationId })
    await expect(revoke(b.brandId)).rejects.toMatchObject(notFound)
    await expect(revoke(a.brandId)).rejects.toMatchObject({ code: 'resource.notFound' })
    expect(await listInvitations(w.as(a.owner), a)).toHaveLength(1)
  })
})

describe('taking an invitation up', () => {
  test('is for the invited person alone; every other code looks the same', async () => {
    const { brandId, owner } = await makeTeam(w)
    const [guest, thief] = [await w.person('brand', 'Gina'), await w.person('brand')]
    const code = await invite(w, { brandId, owner }, guest)
    await expect(accept(thief, code)).rejects.toMatchObject(notFound)
    await expect(accept(guest, 'x'.repeat(43))).rejects.toMatchObject(notFound)
    const input = { commandId: commandId(), code }
    for (const _ of [1, 2]) expect(await acceptInvitation(w.as(guest), input)).toEqual({ brandId })
    await expect(accept(guest, code)).rejects.toMatchObject(notFound)
    const added = (await factsOf(w, brandId)).at(-1)!
    expect(added).toMatchObject({ type: 'brand.memberAdded', deal: { member: added.actor, role: 'viewer' } })
    expect((await listTeam(w.as(guest), { brandId })).at(-1)).toMatchObject({ name: 'Gina', role: 'viewer' })
    expect(await listInvitations(w.as(owner), { brandId })).toEqual([])
  })

  test('is for people of brands: not with a creator’s account, though it has the address', async () => {
    const { brandId, owner } = await makeTeam(w)
    const creator = await w.person('creator')
    const code = await invite(w, { brandId, owner }, creator)
    await expect(accept(creator, code)).rejects.toMatchObject({ code: 'access.denied' })
  })

  test('ends with its time, by the clock of the database', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner }, guest)
    await superuser.query(`update invitation set ends_at = clock_timestamp() + interval '300 ms' where email = $1`, [guest.email])
    expect(await listInvitations(w.as(owner), { brandId })).toHaveLength(1)
    await new Promise((resolve) => setTimeout(resolve, 350))
    await expect(accept(guest, code)).rejects.toMatchObject(notFound)
    await expect(signUp(code)).rejects.toMatchObject(notFound)
    expect(await listInvitations(w.as(owner), { brandId })).toEqual([])
  })

  test('is not for whoever is shut out', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner }, guest)
    await blockPerson(w.as(await w.person('admin')), { commandId: commandId(), userId: guest.userId })
    await expect(accept(guest, code)).rejects.toMatchObject({ code: 'person.blocked' })
    expect(await listTeam(w.as(owner), { brandId })).toHaveLength(3)
  })

  test('twice at once lets in once', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner }, guest)
    const settled = await Promise.allSettled([1, 2, 3, 4].map(() => accept(guest, code)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(notFound)
    expect((await factsOf(w, brandId)).filter(({ type }) => type === 'brand.memberAdded')).toHaveLength(4)
  })

  test('again after leaving, as who they were', async () => {
    const { brandId, owner, viewer } = await makeTeam(w)
    await removeFromTeam(w.as(viewer), { commandId: commandId(), brandId, userId: viewer.userId })
    await bringIn(w, { brandId, owner, role: 'manager' }, viewer)
    const facts = (await factsOf(w, brandId)).filter(({ type }) => type === 'brand.memberAdded')
    expect(facts.at(-1)).toMatchObject({ actor: facts.at(-2)!.actor, deal: { role: 'manager' } })
    expect(await listTeam(w.as(viewer), { brandId })).toHaveLength(3)
  })

  test('of an owner who is being removed: what they sent before stays, what they send after is refused', async () => {
    for (let i = 0; i < 5; i++) {
      const { brandId, owner, manager: guest } = await makeTeam(w)
      await setTeamRole(w.as(owner), { commandId: commandId(), brandId, userId: guest.userId, role: 'owner' })
      const { email } = someone()
      const settled = await Promise.allSettled([
        removeFromTeam(w.as(owner), { commandId: commandId(), brandId, userId: guest.userId }),
        inviteToBrand(w.as(owner), { commandId: commandId(), brandId, email: guest.email, role: 'viewer' }),
        inviteToBrand(w.as(guest), { commandId: commandId(), brandId, email, role: 'viewer' }),
      ])
      const [removed, reinvited, byGuest] = settled
      expect(removed!.status).toBe('fulfilled')
      if (reinvited!.status === 'rejected') expect(reinvited!.reason).toMatchObject({ code: 'member.exists' })
      if (byGuest!.status === 'rejected') expect(byGuest!.reason).toMatchObject({ code: 'resource.notFound' })
      const types = (await factsOf(w, brandId)).map(({ type }) => type)
      const [left, sent] = [types.indexOf('brand.memberRemoved'), types.lastIndexOf('brand.invited')]
      if (byGuest!.status === 'fulfilled' && reinvited!.status === 'rejected') expect(sent).toBeLessThan(left)
      const open = (await listInvitations(w.as(owner), { brandId })).map((one) => one.email)
      expect(open.includes(guest.email)).toBe(reinvited!.status === 'fulfilled')
      expect(open.includes(email)).toBe(byGuest!.status === 'fulfilled')
    }
  })
})

describe('signing up with a code', () => {
  test('makes an account with the invited address, in the team; sent again it is the same one', async () => {
    const { brandId, owner } = await makeTeam(w)
    const { email } = someone()
    const code = await invite(w, { brandId, owner, role: 'manager' }, { email })
    const input = { commandId: commandId(), code, name: 'Nina', password: 'a long enough one' }
    const signedUp = await signUpInvited(w.asSystem(), input)
    expect(await signUpInvited(w.asSystem(), input)).toEqual(signedUp)
    await expect(signUpInvited(w.asSystem(), { ...input, name: 'Other' })).rejects.toMatchObject({ code: 'command.reused' })
    const session = await signIn(w.as(owner), { email, password: input.password }, '192.0.2.7')
    expect(session).toMatchObject({ userId: signedUp.userId, role: 'brand', name: 'Nina' })
    const nina = { userId: signedUp.userId, role: 'brand', name: 'Nina', email } as const
    expect(await getBrand(w.as(nina), { brandId })).toMatchObject({ me: 'manager' })
    await expect(signUp(code)).rejects.toMatchObject(notFound)
  })

  test('says that there is an account to who has a code that is good, and to nobody else', async () => {
    const { brandId, owner } = await makeTeam(w)
    const guest = await w.person('brand')
    const code = await invite(w, { brandId, owner }, guest)
    await expect(signUp(code)).rejects.toMatchObject({ code: 'person.exists' })
    await expect(signUp('y'.repeat(43))).rejects.toMatchObject(notFound)
    await end(guest.email)
    await expect(signUp(code)).rejects.toMatchObject(notFound)
  })

  test('twice at once makes one account', async () => {
    const { brandId, owner } = await makeTeam(w)
    const { email } = someone()
    const code = await invite(w, { brandId, owner }, { email })
    const settled = await Promise.allSettled([signUp(code), signUp(code), signUp(code)])
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject(notFound)
    expect((await superuser.query('select from person where email = $1', [email])).rowCount).toBe(1)
  })

  test('of one address by two brands at once makes one account, and the other invitation waits for it', async () => {
    const [a, b] = [await makeTeam(w), await makeTeam(w)]
    const guest = someone()
    const codes = [await invite(w, a, guest), await invite(w, b, guest)]
    const settled = await Promise.allSettled(codes.map((code) => signUp(code)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'person.exists' })
    expect((await superuser.query('select from invitation where email = $1', [guest.email])).rowCount).toBe(1)
    expect(
      (await superuser.query(`select from stream s where kind = 'user' and not exists (select from person p where p.id = s.id)`)).rowCount,
    ).toBe(0)
  })

  test('takes no code, name or password that is none', () => {
    const ok = { commandId: commandId(), code: 'a'.repeat(43), name: 'Nina', password: 'a long enough one' }
    expect(SignUpInvited.safeParse(ok).success).toBe(true)
    for (const bad of [
      { code: "' or true --" },
      { code: 'a\0'.repeat(20) },
      { name: 'Ni\u202ena' },
      { name: '\u041dina' },
      { password: 'short' },
    ])
      expect(SignUpInvited.safeParse({ ...ok, ...bad }).success).toBe(false)
    expect(AcceptInvitation.safeParse({ commandId: commandId(), code: 'é'.repeat(43) }).success).toBe(false)
  })
})
