import { z } from 'zod'
import {
  AcceptInvitation,
  Brand,
  BrandId,
  BrandPlace,
  CreateBrand,
  Invitation,
  InviteToBrand,
  Page,
  pageOf,
  RevokeInvitation,
  SetTeamRole,
  SignUpInvited,
  TeamMember,
  UpdateBrand,
  UserId,
} from '../../client-sdk/contract/index.ts'
import { systemContext } from '../ctx.ts'
import { body, commandIdFrom, etag, IdempotencyKey, IfMatch, json, route, router, versionFrom } from '../route.ts'
import { acceptInvitation } from './accept-invitation.ts'
import { passOn, removeFromTeam, setTeamRole } from './change-team.ts'
import { createBrand } from './create-brand.ts'
import { inviteToBrand, revokeInvitation } from './invite.ts'
import { getBrand, listBrands, listInvitations, listTeam } from './read-brand.ts'
import { signUpInvited } from './sign-up-invited.ts'
import { updateBrand } from './update-brand.ts'

const BrandRef = z.object({ brandId: BrandId })
const MemberRef = BrandRef.extend({ userId: UserId })
const InvitationRef = RevokeInvitation.pick({ brandId: true, invitationId: true })

const createBrandRoute = route({
  id: 'brand.create',
  method: 'post',
  path: '/brands',
  allow: 'hire',
  fails: ['command.reused'],
  request: { headers: IdempotencyKey, body: body(CreateBrand.omit({ commandId: true }), 'What is left out is blank') },
  responses: { 201: json(BrandPlace, 'The brand, which the caller owns') },
})

const listBrandsRoute = route({
  id: 'brand.list',
  summary: 'The brands that the caller is of the team of, the newest first.',
  method: 'get',
  path: '/brands',
  allow: 'signedIn',
  request: { query: Page },
  responses: { 200: json(pageOf(Brand), "The caller's brands") },
})

const getBrandRoute = route({
  id: 'brand.get',
  summary: 'A brand, to its own team.',
  method: 'get',
  path: '/brands/{brandId}',
  allow: 'viewBrand',
  request: { params: BrandRef },
  responses: { 200: json(Brand, 'The brand; its version is the ETag') },
})

const updateBrandRoute = route({
  id: 'brand.update',
  method: 'patch',
  path: '/brands/{brandId}',
  allow: 'manageBrand',
  fails: ['resource.stale', 'precondition.required', 'access.changed', 'command.reused'],
  request: {
    headers: IfMatch,
    params: BrandRef,
    body: body(UpdateBrand.omit({ commandId: true, brandId: true, version: true }), 'What is left out stays'),
  },
  responses: { 200: json(BrandPlace, 'It is so') },
})

const listTeamRoute = route({
  id: 'brand.members',
  summary: 'Who is in a brand’s team, the longest there first.',
  method: 'get',
  path: '/brands/{brandId}/members',
  allow: 'viewBrand',
  request: { params: BrandRef },
  responses: { 200: json(z.object({ items: z.array(TeamMember) }), 'All of the team') },
})

const setRoleRoute = route({
  id: 'brand.setRole',
  method: 'put',
  path: '/brands/{brandId}/members/{userId}',
  allow: 'manageTeam',
  fails: ['member.lastOwner', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef, body: body(SetTeamRole.pick({ role: true }), 'What they are to be') },
  responses: { 200: json(BrandRef, 'It is so, in all of its rooms') },
})

const removeMemberRoute = route({
  id: 'brand.removeMember',
  method: 'delete',
  path: '/brands/{brandId}/members/{userId}',
  allow: 'viewBrand',
  fails: ['member.lastOwner', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: MemberRef },
  responses: { 200: json(BrandRef, 'They are in none of its rooms any more') },
})

const passOnRoute = route({
  id: 'brand.passOn',
  method: 'post',
  path: '/brands/{brandId}/owner',
  allow: 'manageTeam',
  fails: ['member.lastOwner', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: BrandRef, body: body(MemberRef.pick({ userId: true }), 'Who is to own it') },
  responses: { 200: json(BrandRef, 'They own it, and the caller is a manager') },
})

const inviteRoute = route({
  id: 'brand.invite',
  method: 'post',
  path: '/brands/{brandId}/invitations',
  allow: 'manageTeam',
  fails: ['member.exists', 'brand.full', 'access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: BrandRef, body: body(InviteToBrand.pick({ email: true, role: true }), 'Who, and as what') },
  responses: { 201: json(InvitationRef.pick({ invitationId: true }), 'A code is on its way to them') },
})

const listInvitationsRoute = route({
  id: 'brand.invitations',
  summary: 'Invitations that can still be taken up, the newest first.',
  method: 'get',
  path: '/brands/{brandId}/invitations',
  allow: 'manageTeam',
  request: { params: BrandRef },
  responses: { 200: json(z.object({ items: z.array(Invitation) }), 'All that are open') },
})

const revokeRoute = route({
  id: 'brand.revokeInvitation',
  method: 'delete',
  path: '/brands/{brandId}/invitations/{invitationId}',
  allow: 'manageTeam',
  fails: ['access.changed', 'command.reused'],
  request: { headers: IdempotencyKey, params: InvitationRef },
  responses: { 200: json(InvitationRef.pick({ invitationId: true }), 'Its code is good for nothing') },
})

const acceptRoute = route({
  id: 'brand.acceptInvitation',
  method: 'post',
  path: '/invitations/accept',
  allow: 'hire',
  fails: ['resource.notFound', 'member.exists', 'person.blocked', 'command.reused'],
  request: { headers: IdempotencyKey, body: body(AcceptInvitation.omit({ commandId: true }), 'The code out of the mail') },
  responses: { 200: json(BrandRef, 'The caller is of its team') },
})

const signUpRoute = route({
  id: 'brand.signUpInvited',
  summary: 'Makes an account with the invited address, of the brand’s team.',
  method: 'post',
  path: '/invitations/sign-up',
  allow: 'anyone',
  fails: ['resource.notFound', 'person.exists', 'rate.limited', 'command.reused'],
  request: { headers: IdempotencyKey, body: body(SignUpInvited.omit({ commandId: true }), 'The code out of the mail, and who they are') },
  responses: { 201: json(MemberRef, 'The account; it signs in as any other') },
})

export const brandRoutes = router()
  .openapi(createBrandRoute, async (c) => {
    const brand = await createBrand(c.var.ctx, { ...c.req.valid('json'), commandId: commandIdFrom(c.req.valid('header')) })
    return c.json(brand, 201, etag(brand))
  })
  .openapi(listBrandsRoute, async (c) => c.json(await listBrands(c.var.ctx, c.req.valid('query')), 200))
  .openapi(getBrandRoute, async (c) => {
    const brand = await getBrand(c.var.ctx, c.req.valid('param'))
    return c.json(brand, 200, etag(brand))
  })
  .openapi(updateBrandRoute, async (c) => {
    const headers = c.req.valid('header')
    const place = { ...c.req.valid('param'), version: versionFrom(headers), commandId: commandIdFrom(headers) }
    const brand = await updateBrand(c.var.ctx, { ...c.req.valid('json'), ...place })
    return c.json(brand, 200, etag(brand))
  })
  .openapi(listTeamRoute, async (c) => c.json({ items: await listTeam(c.var.ctx, c.req.valid('param')) }, 200))
  .openapi(setRoleRoute, async (c) => {
    const place = { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await setTeamRole(c.var.ctx, { ...c.req.valid('json'), ...place }), 200)
  })
  .openapi(removeMemberRoute, async (c) => {
    return c.json(await removeFromTeam(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }), 200)
  })
  .openapi(passOnRoute, async (c) => {
    const place = { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await passOn(c.var.ctx, { ...c.req.valid('json'), ...place }), 200)
  })
  .openapi(inviteRoute, async (c) => {
    const place = { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await inviteToBrand(c.var.ctx, { ...c.req.valid('json'), ...place }), 201)
  })
  .openapi(listInvitationsRoute, async (c) => c.json({ items: await listInvitations(c.var.ctx, c.req.valid('param')) }, 200))
  .openapi(revokeRoute, async (c) => {
    return c.json(await revokeInvitation(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }), 200)
  })
  .openapi(acceptRoute, async (c) => {
    const input = { ...c.req.valid('json'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await acceptInvitation(c.var.ctx, input), 200)
  })
  .openapi(signUpRoute, async (c) => {
    const input = { ...c.req.valid('json'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await signUpInvited(systemContext(c.var.house), input), 201)
  })
