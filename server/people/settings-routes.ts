import { ChangeSettings, PersonSettings } from '../../client-sdk/contract/index.ts'
import { body, json, route, router } from '../route.ts'
import { changeSettings, getSettings } from './settings.ts'

const getSettingsRoute = route({
  id: 'me.getSettings',
  summary: 'What the caller wants for themselves.',
  method: 'get',
  path: '/me/settings',
  allow: 'signedIn',
  fails: ['resource.notFound'],
  responses: { 200: json(PersonSettings, 'What the caller wants for themselves') },
})

const changeSettingsRoute = route({
  id: 'me.changeSettings',
  summary: 'Says what the caller wants for themselves from now on; what is left out stays.',
  method: 'put',
  path: '/me/settings',
  allow: 'signedIn',
  fails: ['resource.notFound'],
  request: { body: body(ChangeSettings, 'What the caller wants from now on; what is left out stays') },
  responses: { 200: json(PersonSettings, 'It holds, on all their connections') },
})

export const settingsRoutes = router()
  .openapi(getSettingsRoute, async (c) => c.json(await getSettings(c.var.ctx), 200))
  .openapi(changeSettingsRoute, async (c) => c.json(await changeSettings(c.var.ctx, c.req.valid('json')), 200))
