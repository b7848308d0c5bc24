import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { rest } from '../../client-sdk/src/rest.ts'
import { freePort, type Program, runProgram } from '../../realtime/faults/testing-program.ts'
import { schemathesisProgram } from '../../scripts/schemathesis.ts'
import type { Schema } from '../docs/schemas.ts'
import { newKey, PASSWORD, type TestPerson, type World, world } from '../testing.ts'
import { makeTenant, type Tenant } from '../testing-tenants.ts'
import type { Document } from './document.ts'

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
let server: Program
const folder = mkdtempSync(join(tmpdir(), 'parley-conformance-'))
const schemathesis = schemathesisProgram()
beforeAll(async () => {
  w = await world()
  tenant = await makeTenant(w)
  admin = await w.person('admin')
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey(), METRICS_TOKEN: 'for-prometheus-alone' }
  server = await runProgram({ port: await freePort(), env: { DATABASE_URL: w.url, ...keys, ...LIMITS, LOG_LEVEL: 'error' } }).ready()
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(told(document)))
}, 60_000)
afterAll(async () => {
  await server?.end('SIGKILL')
  await w?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The document as it is, but with what there is among what may be tried: nothing made up would ever be found. */
function told(document: Document): Document {
  const { brandId, campaignId, application, talks, creator, viewer } = tenant
  const known: Record<string, unknown[]> = {
    RoomId: talks.map(({ roomId }) => roomId),
    BrandId: [brandId],
    CampaignId: [campaignId],
    ApplicationId: [application.applicationId],
    UserId: [creator.userId, viewer.userId],
    Seq: talks.map(({ message }) => message),
  }
  const { schemas } = document.components
  for (const [name, values] of Object.entries(known)) schemas[name] = orOneOf(values, schemas[name]!)
  for (const operation of Object.values(document.paths).flatMap((its) => Object.values(its)))
    for (const parameter of operation.parameters)
      if (parameter.name === 'If-Match') parameter.schema = orOneOf(['"1"', '"2"'], parameter.schema)
  return document
}
const orOneOf = (values: unknown[], schema: Schema): Schema => ({ anyOf: [{ enum: values }, schema] })

/** What Schemathesis found, as somebody with this token; null for nothing. The session's end would be the end of all others. */
async function findings(token: string | null): Promise<string | null> {
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
  const args = [...schemathesis.args, 'run', join(folder, 'openapi.json'), ...what, ...amount, ...as, '--no-color']
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
  test('to nobody', async ({ expect }) => expect(await findings(null)).toBeNull())
  test('to a creator', async ({ expect }) => expect(await findings(await tokenOf(tenant.creator))).toBeNull())
  test('to an owner', async ({ expect }) => expect(await findings(await tokenOf(tenant.owner))).toBeNull())
  test('to an administrator', async ({ expect }) => expect(await findings(await tokenOf(admin))).toBeNull())
})
