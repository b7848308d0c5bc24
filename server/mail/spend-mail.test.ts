import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BrandId } from '../../client-sdk/contract/index.ts'
import { acceptInvitation } from '../brands/accept-invitation.ts'
import { inviteToBrand, revokeInvitation } from '../brands/invite.ts'
import { codeFor, makeBrand } from '../brands/testing.ts'
import { inviteCreator, uninviteCreator } from '../campaigns/guests.ts'
import { draft } from '../campaigns/testing.ts'
import { TokenBuckets } from '../limits.ts'
import { commandId, type TestPerson, type World, world } from '../testing.ts'

let w: World
let owner: TestPerson
let brandId: BrandId
beforeAll(async () => {
  const limits = { mailsTo: new TokenBuckets({ perSecond: 0.01, burst: 1 }), mails: new TokenBuckets({ perSecond: 0.01, burst: 2 }) }
  w = await world({ limits })
})
afterAll(() => w.close())
beforeEach(async () => {
  owner = await w.person('brand')
  brandId = await makeBrand(w, owner)
})

const invite = (email: string) => inviteToBrand(w.as(owner), { commandId: commandId(), brandId, email, role: 'viewer' })
const limited = (what: string) => ({ code: 'rate.limited', message: expect.stringContaining(what), retryAfter: expect.any(Number) })

test('one address is written to only so often, and the code that it has stays good', async () => {
  const guest = await w.person('brand')
  await invite(guest.email)
  const code = await codeFor(w, guest)
  await expect(invite(guest.email)).rejects.toMatchObject(limited('this address'))
  expect(await acceptInvitation(w.as(guest), { commandId: commandId(), code })).toEqual({ brandId })
})

test('nobody gets around it by taking back what they sent', async () => {
  const { email } = await w.person('brand')
  const { invitationId } = await invite(email)
  await revokeInvitation(w.as(owner), { commandId: commandId(), brandId, invitationId })
  await expect(invite(email)).rejects.toMatchObject(limited('this address'))
  const [other, { campaignId }] = [await w.person('creator'), await draft(w, { brandId, owner, manager: owner, viewer: owner })]
  const guest = () => ({ commandId: commandId(), campaignId, email: other.email })
  await inviteCreator(w.as(owner), guest())
  await inviteCreator(w.as(owner), guest()) // is invited already: nobody is written to
  await uninviteCreator(w.as(owner), guest())
  await expect(inviteCreator(w.as(owner), guest())).rejects.toMatchObject(limited('this address'))
})

test('one person has only so many mails written, whomever to', async () => {
  for (const name of ['a', 'b']) await invite(`${name}@example.com`)
  await expect(invite('c@example.com')).rejects.toMatchObject(limited('today'))
})
