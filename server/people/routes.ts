import { z } from 'zod'
import { BlockPerson, CreatePerson, FindPerson, Person, UserId } from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, IdempotencyKey, json, route, router } from '../route.ts'
import { blockPerson, unblockPerson } from './block-person.ts'
import { createPerson } from './create-person.ts'
import { findPerson } from './find-person.ts'

const createPersonRoute = route({
  id: 'person.create',
  summary: 'Makes an account.',
  method: 'post',
  path: '/people',
  allow: 'administer',
  fails: ['person.exists', 'command.reused'],
  request: { headers: IdempotencyKey, body: body(CreatePerson.omit({ commandId: true }), 'A new account') },
  responses: { 201: json(z.object({ userId: UserId }), 'The account') },
})

const findPersonRoute = route({
  id: 'person.find',
  summary: 'Finds an account by its address.',
  method: 'get',
  path: '/people',
  allow: 'administer',
  fails: ['resource.notFound'],
  request: { query: FindPerson },
  responses: { 200: json(Person, 'Who has this address') },
})

const PersonRef = BlockPerson.pick({ userId: true })
const blockRoute = <M extends 'put' | 'delete'>(method: M) =>
  route({
    id: method === 'put' ? 'person.block' : 'person.unblock',
    summary: method === 'put' ? 'Shuts somebody out.' : 'Lets somebody in again.',
    method,
    path: '/people/{userId}/block',
    allow: 'administer',
    fails: ['resource.notFound', 'command.reused'],
    request: { headers: IdempotencyKey, params: PersonRef },
    responses: { 200: json(PersonRef, 'It is so') },
  })

export const peopleRoutes = router()
  .openapi(createPersonRoute, async (c) => {
    const input = { ...c.req.valid('json'), commandId: commandIdFrom(c.req.valid('header')) }
    return c.json(await createPerson(c.var.ctx, input), 201)
  })
  .openapi(blockRoute('put'), async (c) => {
    return c.json(await blockPerson(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }), 200)
  })
  .openapi(blockRoute('delete'), async (c) => {
    return c.json(await unblockPerson(c.var.ctx, { ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }), 200)
  })
  .openapi(findPersonRoute, async (c) => c.json(await findPerson(c.var.ctx, c.req.valid('query')), 200))
