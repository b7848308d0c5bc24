import { Proved, RenewSession, Session, SignIn, StepUp } from '../../client-sdk/contract/index.ts'
import { body, json, route, router } from '../route.ts'
import { getMe, Me } from './get-me.ts'
import { renewSession } from './renew-session.ts'
import { signIn } from './sign-in.ts'
import { signOut } from './sign-out.ts'
import { stepUp } from './step-up.ts'

const signInRoute = route({
  id: 'session.open',
  summary: 'Signs in with an address and a password.',
  method: 'post',
  path: '/sessions',
  allow: 'anyone',
  fails: ['session.badCredentials', 'rate.limited'],
  request: { body: body(SignIn, 'Who signs in') },
  responses: { 201: json(Session, 'A new session') },
})

const renewRoute = route({
  id: 'session.refresh',
  summary: 'Exchanges the refresh token for the next tokens.',
  method: 'post',
  path: '/sessions/renew',
  allow: 'anyone',
  fails: ['session.ended'],
  request: { body: body(RenewSession, 'The refresh token, which is good once') },
  responses: { 200: json(Session, 'The session with its next tokens') },
})

const stepUpRoute = route({
  id: 'session.stepUp',
  summary: 'Proves again who is signed in, by the password: what binds asks for it.',
  method: 'post',
  path: '/sessions/current/step-up',
  allow: 'signedIn',
  fails: ['session.badCredentials', 'person.blocked', 'rate.limited'],
  request: { body: body(StepUp, 'The password') },
  responses: { 200: json(Proved, 'For this session alone, and as long as it says') },
})

const signOutRoute = route({
  id: 'session.end',
  summary: 'Signs out.',
  method: 'delete',
  path: '/sessions/current',
  allow: 'signedIn',
  responses: { 204: { description: 'The session has ended; again it does nothing' } },
})

const meRoute = route({
  id: 'me.get',
  summary: 'Who is signed in.',
  method: 'get',
  path: '/me',
  allow: 'signedIn',
  responses: { 200: json(Me, 'Who is signed in') },
})

export const sessionRoutes = router()
  .openapi(signInRoute, async (c) => c.json(await signIn(c.var.ctx, c.req.valid('json'), c.var.address), 201))
  .openapi(renewRoute, async (c) => c.json(await renewSession(c.var.ctx, c.req.valid('json')), 200))
  .openapi(stepUpRoute, async (c) => c.json(await stepUp(c.var.ctx, c.req.valid('json'), c.var.address), 200))
  .openapi(signOutRoute, async (c) => {
    await signOut(c.var.ctx)
    return c.body(null, 204)
  })
  .openapi(meRoute, async (c) => c.json(await getMe(c.var.ctx), 200))
