import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { rest } from '../../client-sdk/src/rest.ts'
import { freePort, type Program, runProgram } from '../../realtime/faults/testing-program.ts'
import { schemathesisProgram } from '../../scripts/schemathesis.ts'
import { type TestServer, testServer } from '../../workflows/testing.ts'
import type { Schema } from '../docs/schemas.ts'
import { newKey, PASSWORD, type TestPerson, type World, world } from '../testing.ts'
import { makeTenant, type Tenant } from '../testing-tenants.ts'
import type { Document } from './document.ts'

const METRICS_TOKEN = 'for-prometheus-alone'
/** Cases of an operation. */
const CASES = 5
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
/** Nobody is in the way of so many requests. */
const LIMITS = {
  RATE_PER_SECOND: '100000',
  RATE_BURST: '1000000',
  ROOM_RATE_PER_SECOND: '100000',
  ROOM_RATE_BURST: '1000000',
  ADDRESS_RATE_PER_SECOND: '100000',
  ADDRESS_RATE_BURST: '1000000',
  SIGN_INS_PER_ADDRESS: '1000000',
  SIGN_INS_PER_EMAIL: '1000000',
}

let w: World
let tenant: Tenant
let admin: TestPerson
let temporal: TestServer
let server: Program
const folder = mkdtempSync(join(tmpdir(), 'parley-conformance-'))
const schemathesis = schemathesisProgram()
beforeAll(async () => {
  w = await world()
  tenant = await makeTenant(w)
  admin = await w.person('admin')
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey(), METRICS_TOKEN }
  temporal = await testServer()
  const engines = { DATABASE_URL: w.url, TEMPORAL_ADDRESS: temporal.server().address }
  server = await runProgram({ port: await freePort(), env: { ...engines, ...keys, ...LIMITS, LOG_LEVEL: 'error' } }).ready()
}, 60_000)
afterAll(async () => {
  await server?.end('SIGKILL')
  await temporal?.close()
  await w?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What is there to be named: nothing made up would ever be found. */
const known = (users: readonly TestPerson[]): Record<string, unknown[]> => ({
  RoomId: tenant.talks.map(({ roomId }) => roomId),
  Seq: tenant.talks.map(({ message }) => message),
  BrandId: [tenant.brandId],
  CampaignId: [tenant.campaignId],
  ApplicationId: [tenant.application.applicationId],
  UserId: users.map(({ userId }) => userId),
  Emoji: ['👍'],
  CatalogueKey: ['instagram', 'beauty'],
})
const VERSIONS = ['"0"', '"1"', '"2"', '"3"']

/** The document as it is, but where it says what may be asked, with these as the only things that there are. */
function narrowed(document: Document, values: Record<string, unknown[]>): Document {
  const narrow = <T>(asked: T): T =>
    JSON.parse(JSON.stringify(asked), (_, value: Schema) => {
      const name = typeof value?.$ref === 'string' ? value.$ref.split('/').at(-1)! : ''
      if (values[name]) return { enum: values[name] }
      return isFree(value) ? { anyOf: [{ enum: ['Words'] }, value] } : value
    })
  for (const operation of Object.values(document.paths).flatMap((its) => Object.values(its))) {
    operation.parameters = narrow(operation.parameters)
    if (operation.requestBody) operation.requestBody = narrow(operation.requestBody)
    for (const parameter of operation.parameters)
      if (parameter.name === 'If-Match') Object.assign(parameter, { required: true, schema: { enum: VERSIONS } })
  }
  return document
}

/** Text of any kind, most of which is none that anybody would write. */
const isFree = (schema: Schema) => schema?.type === 'string' && 'maxLength' in schema && !('pattern' in schema) && !('format' in schema)

/** What Schemathesis found, as somebody with this token; null for nothing. The session's end would be the end of all others. */
async function findings(name: string, token: string | null, users: readonly TestPerson[]): Promise<string | null> {
  const file = join(folder, `${name}.json`)
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
  writeFileSync(file, JSON.stringify(narrowed(document, known(users))))
  const as = token === null ? [] : ['--header', `Authorization: Bearer ${token}`]
  const amount = [
    '--max-examples',
    String(CASES),
    '--seed',
    '1',
    '--generation-database',
    'none',
    '--phases',
    'fuzzing',
    '--suppress-health-check',
    'all',
  ]
  const what = ['--url', server.url, '--checks', CHECKS.join(), '--exclude-operation-id', 'session.end', '--continue-on-failure']
  const args = [...schemathesis.args, 'run', file, ...what, ...amount, ...as, '--no-color']
  const child = spawn(schemathesis.file, [...args, '--warnings', 'off'], {
    cwd: folder,
    env: schemathesis.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = await once(child, 'close')
  return code === 0 ? null : said.slice(-20_000)
}

const tokenOf = async ({ email }: TestPerson) =>
  (await rest<{ accessToken: string }>(fetch, server.url, '/api/v1/sessions', { method: 'POST', body: { email, password: PASSWORD } }))
    .accessToken

describe.concurrent('every answer is as it is described, and none is a fault of the server,', { timeout: 300_000 }, () => {
  test('to nobody', async ({ expect }) => expect(await findings('nobody', null, [tenant.spare])).toBeNull())
  test('to a creator', async ({ expect }) => expect(await findings('creator', await tokenOf(tenant.creator), [tenant.spare])).toBeNull())
  test('to an owner', async ({ expect }) => {
    expect(await findings('owner', await tokenOf(tenant.owner), [tenant.spare, tenant.creator])).toBeNull()
  })
  // Whom administrators shut out is nobody of the others.
  test('to an administrator', async ({ expect }) => expect(await findings('admin', await tokenOf(admin), [tenant.spare])).toBeNull())
})

test('what was tried was no heap of refusals: most operations went well at least once', async ({ expect }) => {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
  const went = (await response.text()).matchAll(/^parley_http_request_duration_seconds_count{operation="([^"]+)",code="ok"}/gm)
  expect(new Set(Array.from(went, ([, operation]) => operation)).size).toBeGreaterThan(60)
})
