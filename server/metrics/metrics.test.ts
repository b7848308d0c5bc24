import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../client-sdk/contract/index.ts'
import { openCampaign } from '../applications/testing.ts'
import { sendMessage } from '../chat/send-message.ts'
import { parties } from '../deals/testing.ts'
import { createApp } from '../http.ts'
import { createLog } from '../log.ts'
import { commandId, PASSWORD, type World, world } from '../testing.ts'
import { createMetrics, type Metrics } from './metrics.ts'

let w: World
let metrics: Metrics
beforeAll(async () => {
  w = await world()
  metrics = createMetrics(w.db)
})
afterAll(() => w.close())

const log = createLog({ level: 'error', write: () => {} })
const appOf = (token: string | null | undefined) => createApp(w.house, { log, isAllowedOrigin: () => false, metrics: { metrics, token } })
type Sample = { name: string; labels: Record<string, string>; value: number }

/** As Prometheus reads it; throws for a line that it would not. */
function parse(text: string): Sample[] {
  const types = new Map<string, string>()
  return text.split('\n').flatMap((line) => {
    const [, type, kind] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []
    if (type) expect(types.has(type)).toBe(false)
    if (type && kind) types.set(type, kind)
    if (line === '' || line.startsWith('# ')) return []
    const [, name, labels = '', value] = /^([a-z_][a-z0-9_]*)(?:{(.*)})? (-?[0-9.e+-]+|Nan|[+-]Inf)$/.exec(line) ?? []
    if (!name) throw new Error(`No sample: ${line}`)
    expect(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, ''))).toBe(true)
    const pairs = Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g), ([, key, its]) => [key!, its!] as const)
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}
const read = async () => parse(await metrics.text())
const sampleOf = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
  samples.find((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))?.value
const ask = async (token: string | null | undefined, authorization?: string) =>
  (await appOf(token).request('/metrics', { headers: authorization === undefined ? {} : { authorization } })).status

describe('metrics are shown', () => {
  const TOKEN = 'a-token-for-prometheus'
  test('to whoever sends the token, and to nobody else', async () => {
    expect(await ask(TOKEN, `Bearer ${TOKEN}`)).toBe(200)
    for (const other of [
      undefined,
      '',
      TOKEN,
      'Bearer',
      `Bearer ${TOKEN}x`,
      `Basic ${TOKEN}`,
      `Bearer ${(await w.session(await w.person('admin'))).accessToken}`,
    ])
      expect([other, await ask(TOKEN, other)]).toEqual([other, 401])
  })
  test('to everybody where only the machine itself gets in, and nowhere without a token', async () => {
    expect(await ask(null)).toBe(200)
    expect(await ask(undefined, `Bearer ${TOKEN}`)).toBe(404)
  })
  test('in the text format', async () => {
    const response = await appOf(null).request('/metrics')
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(sampleOf(parse(await response.text()), 'process_start_time_seconds')).toBeGreaterThan(1_000_000_000)
  })
})

test('requests are counted by operation and code, however the paths and methods are made up', async () => {
  const app = appOf(null)
  const person = await w.person()
  const { accessToken } = await w.session(person)
  const headers = { authorization: `Bearer ${accessToken}` }
  const name = 'parley_http_request_duration_seconds_count'
  const before = await read()
  for (let n = 0; n < 50; n++) {
    await app.request(`/nowhere/${n}`)
    await app.request(`/api/v1/rooms/${n}`, { headers })
    await app.request('/api/v1/me', { method: `M${n}`, headers })
    await app.request('/api/v1/me', { headers: { 'Parley-Protocol': `${n}x` } })
  }
  await app.request('/api/v1/me', { headers })
  await app.request('/api/v1/sessions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: `${PASSWORD}!` }),
  })
  const after = await read()
  const counted = (operation: string, code: string) =>
    sampleOf(after, name, { operation, code })! - (sampleOf(before, name, { operation, code }) ?? 0)
  expect(counted('me.get', 'ok')).toBe(1)
  expect(counted('room.get', 'request.invalid')).toBe(50)
  expect(counted('session.open', 'session.badCredentials')).toBe(1)
  expect(counted('none', 'resource.notFound')).toBe(100)
  expect(counted('none', 'request.invalid')).toBe(50)
  expect(after.filter((one) => one.name === name).length - before.filter((one) => one.name === name).length).toBeLessThanOrEqual(5)
})

test('no label has an id, an address or a word of anybody', async () => {
  const { roomId, owner } = await w.negotiation()
  await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: 'tremendous' })
  const text = await metrics.text()
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|@|tremendous/)
})

test('events that are committed are counted, and commands, with how they ended', async () => {
  const { roomId, owner } = await w.negotiation()
  const before = sampleOf(await read(), 'parley_log_events_total')!
  await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: 'Hello' })
  metrics.command('chat.send', 'ok', 30)
  metrics.command('chat.send', 'access.denied', 1)
  metrics.dropped('unknown')
  const after = await read()
  expect(sampleOf(after, 'parley_log_events_total')! - before).toBe(1)
  const labels = { command: 'chat.send', code: 'ok' }
  expect(sampleOf(after, 'parley_command_duration_seconds_bucket', { ...labels, le: '0.02' })).toBe(0)
  expect(sampleOf(after, 'parley_command_duration_seconds_bucket', { ...labels, le: '0.1' })).toBe(1)
  expect(sampleOf(after, 'parley_dropped_commands_total', { command: 'unknown' })).toBe(1)
})

test('an open write shows in the horizon, a follower that is behind in its lag, and mail while it waits', async () => {
  await w.db.pool.query(`insert into follower (name, shard, shards) values ('late', 0, 1)`)
  const { roomId, owner } = await w.negotiation()
  const client = await w.db.pool.connect()
  await client.query(`begin; insert into mail (id, recipient, subject, body, created_at)
    values (gen_random_uuid(), 'a@example.com', 's', 'b', now() - interval '1 hour')`)
  try {
    for (let n = 0; n < 3; n++) await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: `${n}` })
    const during = await read()
    expect(sampleOf(during, 'parley_log_horizon_transactions')).toBeGreaterThanOrEqual(3)
    expect(sampleOf(during, 'parley_mail_waiting')).toBe(0)
    expect(sampleOf(during, 'parley_follower_lag_seconds', { follower: 'late', shard: '0' })).toBeGreaterThan(0)
    expect(sampleOf(during, 'parley_postgres_connections', { state: 'busy' })).toBeGreaterThanOrEqual(1)
    await client.query('commit')
  } finally {
    client.release()
  }
  await w.db.pool.query(`update follower set tx = 9223372036854775807 where name = 'late'`)
  const after = await read()
  expect(sampleOf(after, 'parley_mail_waiting')).toBe(1)
  expect(sampleOf(after, 'parley_mail_oldest_seconds')).toBeGreaterThanOrEqual(3_600)
  expect(sampleOf(after, 'parley_follower_lag_seconds', { follower: 'late', shard: '0' })).toBe(0)
})

test('a follower of one of several namespaces has one name, and what is told is how far the last of them is behind', async () => {
  const [old, now] = [newId(), newId()]
  const { roomId, owner } = await w.negotiation()
  await w.db.pool.query(`insert into follower (name, shard, shards) values ($1, 0, 1)`, [`workflows:${old}`])
  await w.db.pool.query(`insert into follower (name, shard, shards, tx) values ($1, 0, 1, 9223372036854775807)`, [`workflows:${now}`])
  await sendMessage(w.as(owner), { commandId: commandId(), roomId, text: 'Hello' })
  const lags = (await read()).filter(
    ({ name, labels }) => name === 'parley_follower_lag_seconds' && labels.follower!.startsWith('workflows'),
  )
  expect(lags).toEqual([{ name: 'parley_follower_lag_seconds', labels: { follower: 'workflows', shard: '0' }, value: expect.any(Number) }])
  expect(lags[0]!.value).toBeGreaterThan(0)
})

test('an offer that should have expired shows, for how long, until it has', async () => {
  const { applicationId } = await parties(w)
  const set = (expiresAt: string) => w.db.pool.query(`update application set expires_at = ${expiresAt} where id = $1`, [applicationId])
  await set(`now() + interval '1 hour'`)
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBe(0)
  await set(`now() - interval '1 hour'`)
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBeGreaterThanOrEqual(3_600)
  await set('null')
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBe(0)
})

test('a campaign that should be closed shows, for how long, until it is', async () => {
  const { campaignId } = await openCampaign(w)
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBe(0)
  await w.db.pool.query(`update campaign set apply_by = now() - interval '1 hour' where id = $1`, [campaignId])
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBeGreaterThanOrEqual(3_600)
  await w.db.pool.query(`update campaign set state = 'closed' where id = $1`, [campaignId])
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBe(0)
})

test('a draft that should have opened shows, for how long, until it has', async () => {
  const { campaignId } = await openCampaign(w)
  await w.db.pool.query(`update campaign set state = 'draft', opens_at = now() - interval '1 hour' where id = $1`, [campaignId])
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBeGreaterThanOrEqual(3_600)
  await w.db.pool.query(`update campaign set state = 'open', opens_at = null where id = $1`, [campaignId])
  expect(sampleOf(await read(), 'parley_sweep_overdue_seconds')).toBe(0)
})

test('sockets and followers are asked when somebody looks', async () => {
  let failure: unknown = null
  metrics.sockets(() => 7)
  metrics.follower('search', { failure: () => failure })
  expect(sampleOf(await read(), 'parley_follower_failing', { follower: 'search' })).toBe(0)
  failure = new Error('no')
  const samples = await read()
  expect(sampleOf(samples, 'parley_follower_failing', { follower: 'search' })).toBe(1)
  expect(sampleOf(samples, 'parley_open_sockets')).toBe(7)
})

test('without the database the rest is told all the same, and what is not known is not', async () => {
  const gone = await world()
  const its = createMetrics(gone.db)
  expect(sampleOf(parse(await its.text()), 'parley_postgres_up')).toBe(1)
  await gone.close()
  const samples = parse(await its.text())
  expect(sampleOf(samples, 'parley_postgres_up')).toBe(0)
  expect(sampleOf(samples, 'parley_mail_waiting')).toBeUndefined()
  expect(sampleOf(samples, 'parley_open_sockets')).toBe(0)
})
