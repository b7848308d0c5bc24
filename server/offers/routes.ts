import { z } from 'zod'
import {
  AcceptOffer,
  CloseOffer,
  CommentOffer,
  CounterOffer,
  type ErrorCode,
  OfferNumber,
  OfferPlace,
  ProposeOffer,
} from '../../client-sdk/contract/index.ts'
import { body, commandIdFrom, etag, IdempotencyKey, json, route, router } from '../route.ts'
import { acceptOffer } from './accept-offer.ts'
import { declineOffer, withdrawOffer } from './close-offer.ts'
import { commentOffer } from './comment-offer.ts'
import { counterOffer, proposeOffer } from './propose-offer.ts'

const OfDeal = ProposeOffer.pick({ applicationId: true })
const OfOffer = OfDeal.extend({ offer: z.coerce.number().pipe(OfferNumber) })
const always = ['application.illegalMove', 'deadline.passed', 'access.changed', 'command.reused'] as const satisfies ErrorCode[]
/** What has become of a version, or whose it is. */
const notOpen = ['offer.accepted', 'offer.countered', 'offer.declined', 'offer.withdrawn', 'offer.expired'] as const satisfies ErrorCode[]
/** What can be wrong with terms. */
export const badTerms = [
  'terms.badAmount',
  'terms.badCurrency',
  'terms.badUnit',
  'terms.badDate',
  'terms.badSum',
  'terms.tooLarge',
  'catalogue.unknown',
] as const satisfies ErrorCode[]
const placed = { 201: json(OfferPlace, 'Which version it is, and where it came to stand') }
const moved = { 200: json(OfferPlace, 'Where it came to stand, and how the application does now') }

const proposeRoute = route({
  id: 'offer.propose',
  method: 'post',
  path: '/applications/{applicationId}/offers',
  allow: 'negotiate',
  fails: [...always, ...badTerms, 'offer.exists', 'offer.notBinding', 'offer.changesPaid', 'offer.full'],
  request: {
    headers: IdempotencyKey,
    params: OfDeal,
    body: body(ProposeOffer.omit({ commandId: true, applicationId: true }), 'The terms'),
  },
  responses: placed,
})

const counterRoute = route({
  id: 'offer.counter',
  method: 'post',
  path: '/applications/{applicationId}/offers/{offer}/counter',
  allow: 'negotiate',
  fails: [...always, ...badTerms, ...notOpen, 'offer.own', 'offer.changesPaid', 'offer.full'],
  request: { headers: IdempotencyKey, params: OfOffer, body: body(CounterOffer.pick({ terms: true, validUntil: true }), 'Other terms') },
  responses: placed,
})

const acceptRoute = route({
  id: 'offer.accept',
  method: 'post',
  path: '/applications/{applicationId}/offers/{offer}/accept',
  allow: 'bind',
  fails: [...always, ...notOpen, 'session.stepUpRequired', 'offer.own', 'offer.otherTerms', 'offer.changesPaid', 'terms.badCurrency'],
  request: { headers: IdempotencyKey, params: OfOffer, body: body(AcceptOffer.pick({ hash: true }), 'The hash of the terms') },
  responses: moved,
})

const closeRoute = <M extends 'decline' | 'withdraw'>(move: M) =>
  route({
    id: `offer.${move}` as const,
    method: 'post',
    path: `/applications/{applicationId}/offers/{offer}/${move}` as const,
    allow: 'negotiate',
    fails: [...always, ...notOpen, move === 'decline' ? 'offer.own' : 'offer.notOwn'],
    request: { headers: IdempotencyKey, params: OfOffer, body: body(CloseOffer.pick({ reason: true }), 'Why, for those who say so') },
    responses: moved,
  })

const commentRoute = route({
  id: 'offer.comment',
  method: 'post',
  path: '/applications/{applicationId}/offers/{offer}/comments',
  allow: 'negotiate',
  fails: [...always, 'offer.commentsFull'],
  request: {
    headers: IdempotencyKey,
    params: OfOffer,
    body: body(CommentOffer.pick({ term: true, item: true, text: true }), 'What is said about which term'),
  },
  responses: placed,
})

export const offerRoutes = router()
  .openapi(proposeRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await proposeOffer(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
  .openapi(counterRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await counterOffer(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
  .openapi(acceptRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await acceptOffer(c.var.ctx, input)
    return c.json(place, 200, etag(place))
  })
  .openapi(closeRoute('decline'), async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await declineOffer(c.var.ctx, input)
    return c.json(place, 200, etag(place))
  })
  .openapi(closeRoute('withdraw'), async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await withdrawOffer(c.var.ctx, input)
    return c.json(place, 200, etag(place))
  })
  .openapi(commentRoute, async (c) => {
    const input = { ...c.req.valid('json'), ...c.req.valid('param'), commandId: commandIdFrom(c.req.valid('header')) }
    const place = await commentOffer(c.var.ctx, input)
    return c.json(place, 201, etag(place))
  })
