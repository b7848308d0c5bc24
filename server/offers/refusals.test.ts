import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rest, restWorld } from '../testing-rest.ts'
import { byState, byTerms, everything, type Order, type Refused, type Scenes, scenes, sessionFor } from './testing-refusals.ts'

let w: Rest
let superuser: pg.Client
let s: Scenes
beforeAll(async () => {
  w = await restWorld()
  superuser = new pg.Client({ connectionString: w.url })
  await superuser.connect()
  s = await scenes(w, superuser)
}, 30_000)
afterAll(async () => {
  await superuser.end()
  await w.close()
})

const pathOf = ({ command, input: { applicationId, campaignId, offer } }: Order): string => {
  if (command === 'application.submit') return `/api/v1/campaigns/${campaignId}/applications`
  const offers = `/api/v1/applications/${applicationId}/offers`
  if (command === 'offer.propose') return offers
  const what = command === 'offer.comment' ? 'comments' : command.slice('offer.'.length)
  return `${offers}/${offer}/${what}`
}

async function answerTo({ by, order, isOld = false }: Refused) {
  const { accessToken: token } = await sessionFor(w, superuser, by(s), isOld)
  const its = order(s)
  const { commandId, applicationId: _, campaignId: __, offer: ___, ...body } = its.input
  return w.call('POST', pathOf(its), { token, headers: { 'Idempotency-Key': String(commandId) }, body })
}

test.each([
  { what: 'how the deal stands, or who asks', orders: byState },
  { what: 'what is proposed', orders: byTerms },
])(
  'by REST an order is refused for $what, each by its own code, and leaves nothing behind',
  async ({ orders }) => {
    const wrong: string[] = []
    const before = await everything(w)
    for (const one of orders) {
      const { body } = await answerTo(one)
      if (body.code !== one.code) wrong.push(`${one.what}: ${body.code} ${body.detail}, not ${one.code}`)
      expect({ after: one.what, ...(await everything(w)) }).toEqual({ after: one.what, ...before })
    }
    expect(wrong).toEqual([])
  },
  60_000,
)

test('each of these codes is in the documentation of its operation', async () => {
  const { body } = await w.call('GET', '/openapi.json')
  const paths = body.paths as Record<string, Record<string, { operationId: string; 'x-parley-errors': string[] }>>
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const documented = Object.fromEntries(operations.map(({ operationId, 'x-parley-errors': errors }) => [operationId, errors]))
  const missing = [...byState, ...byTerms].filter(({ code, order }) => !documented[order(s).command]!.includes(code))
  expect(missing.map(({ code, what }) => `${code}: ${what}`)).toEqual([])
})

test.each(['0', '-1', '1.5', '1001', '9007199254740993', 'x', '%00', 'NaN', '1e400'])(
  'version %s in the address is none',
  async (offer) => {
    const token = await w.token(s.open.creator)
    for (const what of ['counter', 'accept', 'decline', 'withdraw', 'comments']) {
      const { body } = await w.call('POST', `/api/v1/applications/${s.open.applicationId}/offers/${offer}/${what}`, { token, body: {} })
      expect(body).toMatchObject({ status: 400, code: 'request.invalid' })
    }
  },
)
