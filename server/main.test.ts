import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { rest } from '../client-sdk/src/rest.ts'
import { signIn } from '../client-sdk/src/session.ts'
import { isFree, startPostgres } from '../persistence/embedded-postgres.ts'
import { queueMail } from '../persistence/mail.ts'
import { processes } from '../persistence/processes.ts'
import { openTestDatabase } from '../persistence/testing.ts'
import { freePort, type Program, runProgram, statusOf } from '../realtime/faults/testing-program.ts'
import { brands } from './embedded/demo/market.ts'
import { DEMO_PASSWORD, people } from './embedded/demo/people.ts'
import { smtpServer } from './mail/testing-smtp.ts'
import { newKey } from './testing.ts'

/** A start makes a cluster and its people, and other tests run beside it. */
const LONG = { timeout: 180_000 }
const NORA = { email: people.nora.email, password: DEMO_PASSWORD }

let home: string
const started: Program[] = []
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), `parley-test-${process.pid}-`))
  await chmod(home, 0o755) // as root, PostgreSQL's own account has to get in
})
afterEach(async () => {
  for (const program of started.splice(0)) await program.end('SIGINT')
})
afterAll(async () => {
  await (await startPostgres({ dataDir: join(home, '.data', 'postgres') })).stop() // adopted, if a failed test left one
  await rm(home, { recursive: true, force: true })
})

/** As `npm start` does, in a folder of the test's own. */
function begin(port: number, { cwd = home, args = [], env = {} }: { cwd?: string; args?: string[]; env?: Record<string, string> } = {}) {
  const program = runProgram({ port, cwd, args, env })
  started.push(program)
  return program
}
const start = async (...args: Parameters<typeof begin>) => begin(...args).ready()
/** What it said before it ended by itself, and how. */
async function refused(program: Program): Promise<{ code: unknown; said: string }> {
  const code = await Promise.race([program.ended, program.ready().then(() => 'it runs')])
  return { code, said: program.said() }
}

type Message = { text: string }
type RoomSummary = { roomId: string; title: string }

/** What Nora sees: her rooms and what was last said there, by REST. */
async function visit(url: string) {
  const { session } = await signIn(url, NORA)
  const token = session.accessToken
  const { rooms } = await rest<{ rooms: RoomSummary[] }>(fetch, url, '/api/v1/rooms', { token })
  const room = rooms.find(({ title }) => title === 'Slow Mornings × Aiko Tanaka')!
  const path = `/api/v1/rooms/${room.roomId}/messages`
  return {
    rooms,
    say: (text: string) => rest(fetch, url, path, { method: 'POST', token, body: { text } }),
    heard: async () => (await rest<{ messages: Message[] }>(fetch, url, path, { token })).messages.map(({ text }) => text),
  }
}

/** The processes of the folder's PostgreSQL. */
const postgres = () => processes().filter(({ command }) => command.includes(`-D ${join(home, '.data', 'postgres')} `))
const postgresPort = () => Number(/ -p (\d+) /.exec(postgres()[0]?.command ?? '')?.[1])

/** Whether anybody answers there within a second. */
const answers = (host: string, port: number) =>
  new Promise<boolean>((done) => {
    const socket = createConnection({ host, port, timeout: 1_000 })
    const say = (isThere: boolean) => () => {
      socket.destroy()
      done(isThere)
    }
    socket.on('connect', say(true)).on('error', say(false)).on('timeout', say(false))
  })

test('the first start says where it is, who can sign in and which engines run, and listens on loopback alone', LONG, async () => {
  const port = await freePort()
  const { said, url } = await start(port)
  expect(await statusOf(`${url}/readyz`)).toBe(200)
  expect(await statusOf(`${url}/dev/mailbox`)).toBe(200)
  await expect.poll(said).toContain('Stop with Ctrl-C')
  expect(said()).toContain(`Parley is at http://127.0.0.1:${port}`)
  for (const { email } of Object.values(people)) expect(said()).toContain(email)
  expect(said()).toContain(DEMO_PASSWORD)
  for (const line of [/on +PostgreSQL +in \.data/, /on +Mail +kept here/, /off +Redis +\S/, /off +Temporal +\S/, /off +mediasoup +\S/])
    expect(said()).toMatch(line)
  const { rooms } = await visit(url)
  expect(rooms.length).toBeGreaterThanOrEqual(2)

  // All of 127.0.0.0/8 is this machine on Linux, so even the next loopback address tells a server on every address.
  const outside = Object.values(networkInterfaces()).flatMap(
    (all) => all?.flatMap(({ address, internal }) => (internal ? [] : [address])) ?? [],
  )
  for (const host of ['127.0.0.2', ...outside]) {
    expect([host, await answers(host, port), await answers(host, postgresPort())]).toEqual([host, false, false])
  }
  expect([await answers('127.0.0.1', port), await answers('127.0.0.1', postgresPort())]).toEqual([true, true])
})

test('Ctrl-C stops all of it: exit code 0, PostgreSQL gone, the port free, and what was said is there next time', LONG, async () => {
  const port = await freePort()
  const first = await start(port)
  expect(postgres().length).toBeGreaterThan(0)
  await (await visit(first.url)).say('before Ctrl-C')
  expect(await first.end('SIGINT')).toBe(0)
  expect(postgres()).toEqual([])
  expect(await isFree(port)).toBe(true)
  const second = await start(port)
  expect((await (await visit(second.url)).heard())[0]).toBe('before Ctrl-C')
  expect(await second.end('SIGTERM')).toBe(0)
  expect(postgres()).toEqual([])
})

test('after a SIGKILL the next start adopts PostgreSQL, and nothing is lost', LONG, async () => {
  const port = await freePort()
  const first = await start(port)
  await (await visit(first.url)).say('before the kill')
  await first.end('SIGKILL')
  const [left] = postgres()
  expect(left).toBeDefined()
  const second = await start(port)
  expect(postgres()[0]?.pid).toBe(left?.pid)
  await expect.poll(second.said).toContain('adopted from a start that was killed')
  const nora = await visit(second.url)
  await nora.say('after the kill')
  expect((await nora.heard()).slice(0, 2)).toEqual(['after the kill', 'before the kill'])
  expect(await second.end('SIGINT')).toBe(0)
  expect(postgres()).toEqual([])
})

test('a second start in the same folder is refused in one clear line, and the first goes on unharmed', LONG, async () => {
  const first = await start(await freePort())
  const pid = postgres()[0]?.pid
  for (const args of [[], ['--reset']]) {
    const { code, said } = await refused(begin(await freePort(), { args }))
    expect([code, said.trim()]).toEqual([1, `Parley is running here already, as process ${first.pid}. Stop it first.`])
  }
  expect(postgres()[0]?.pid).toBe(pid)
  const nora = await visit(first.url)
  await nora.say('still here')
  expect((await nora.heard())[0]).toBe('still here')
})

test('--reset starts over with nothing but the demo', LONG, async () => {
  const port = await freePort()
  const first = await start(port)
  const nora = await visit(first.url)
  await nora.say('soon forgotten')
  await first.end('SIGKILL') // so that a reset has to end PostgreSQL too
  const second = await start(port, { args: ['--reset'] })
  const now = await visit(second.url)
  expect(now.rooms.map(({ title }) => title).sort()).toEqual(nora.rooms.map(({ title }) => title).sort())
  expect(now.rooms.map(({ roomId }) => roomId)).not.toEqual(nora.rooms.map(({ roomId }) => roomId))
  const heard = await now.heard()
  expect(heard.length).toBeGreaterThan(0)
  expect(heard).not.toContain('soon forgotten')
})

/** What the rooms of its team are called. */
const roomsOf = ({ campaigns }: (typeof brands)[number]): string[] =>
  campaigns.flatMap(({ fields: { title }, applications = [] }) => [
    title,
    ...applications.map(({ creator }) => `${title} × ${people[creator].name}`),
    ...applications.flatMap(({ creator, notes }) => (notes ? [`Notes: ${title} × ${people[creator].name}`] : [])),
  ])

/** Whether PostgreSQL runs there, and whether somebody lives in it. */
const moments = {
  'as PostgreSQL starts': async (dataDir: string) => processes().some(({ command }) => command.includes(`-D ${dataDir} `)),
  'among the demo people': async (dataDir: string) => (await count(dataDir, 'person')) >= 2,
  'among what they say': async (dataDir: string) => (await count(dataDir, 'message')) >= 4,
  'as they come to terms': async (dataDir: string) => (await count(dataDir, 'session')) >= 2,
}

async function count(dataDir: string, table: string): Promise<number> {
  const files = ['superuser.password', 'postmaster.pid'].map((name) => readFile(join(dataDir, name), 'utf8').catch(() => ''))
  const [password, lock] = (await Promise.all(files)) as [string, string]
  const client = new pg.Client({ connectionString: `postgres://postgres:${password}@127.0.0.1:${lock.split('\n')[3]}/postgres` })
  client.on('error', () => {}) // `connect` rejects as well
  try {
    await client.connect()
    return Number((await client.query<{ count: string }>(`select count(*) from parley.${table}`)).rows[0]?.count)
  } catch {
    return 0 // not there yet
  } finally {
    await client.end().catch(() => {})
  }
}

test.each(Object.entries(moments))('a first start that is killed %s is finished by the next', LONG, async (_when, isNow) => {
  const folder = await mkdtemp(join(home, 'halfway-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const first = begin(port, { cwd: folder })
  await expect.poll(() => isNow(join(folder, '.data', 'postgres')), { timeout: 60_000, interval: 1 }).toBe(true)
  await first.end('SIGKILL')
  expect(first.said()).toBe('') // it was not ready yet
  const second = await start(port, { cwd: folder })
  const { rooms, heard } = await visit(second.url)
  expect(new Set(rooms.map(({ title }) => title))).toEqual(new Set(roomsOf(brands[0]!)))
  const aikos = brands[0]!.campaigns.flatMap(({ applications = [] }) => applications).find(({ creator }) => creator === 'aiko')
  expect((await heard()).toReversed()).toEqual(aikos!.lines.map(([, text]) => text))
  await signIn(second.url, { ...NORA, email: people.admin.email })
  expect(await second.end('SIGINT')).toBe(0)
})

test('a taken port is refused in one clear line, and nothing is left running', LONG, async () => {
  const port = await freePort()
  const squatter: Server = createServer().listen(port, '127.0.0.1')
  try {
    const { code, said } = await refused(begin(port))
    expect([code, said.trim()]).toEqual([1, `Port ${port} is taken. Free it, or set PORT to another.`])
    expect(postgres()).toEqual([])
  } finally {
    squatter.close()
  }
})

test('a wrong configuration is refused before anything starts: all its faults at once, and none of its secrets', LONG, async () => {
  const production = await refused(begin(await freePort(), { env: { NODE_ENV: 'production' } }))
  expect(production.code).toBe(1)
  expect(production.said).toContain('DATABASE_URL is required in production')

  const env = {
    DATABASE_URL: 'mysql://root:hush-hush@db/parley',
    TOKEN_KEY: 'hush-hush',
    ROLES: 'api,cook',
    RATE_BURST: 'many',
    LOG_LEVEL: 'loud',
  }
  const { code, said } = await refused(begin(await freePort(), { env }))
  expect(code).toBe(1)
  for (const name of [...Object.keys(env), 'CHECKPOINT_KEY']) expect(said).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  expect(said).not.toContain('hush-hush')
  const outside = await refused(begin(await freePort(), { env: { HOST: '0.0.0.0' } }))
  expect([outside.code, outside.said]).toEqual([1, expect.stringContaining('HOST must be a loopback address')])
  expect(postgres()).toEqual([])
})

const keys = () => ({ TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey() })

test('a database that was restored into another cluster is refused until it is rebased', LONG, async () => {
  const database = await openTestDatabase()
  const client = new pg.Client({ connectionString: database.url, options: '-c search_path=parley' })
  try {
    await client.connect()
    const { rows } = await client.query('select * from log_epoch')
    expect(rows).toHaveLength(1)
    await client.query('update log_epoch set system_identifier = system_identifier - 1')
    const env = { ...keys(), DATABASE_URL: database.url }
    const { code, said } = await refused(begin(await freePort(), { env }))
    expect([code, said]).toEqual([1, expect.stringContaining('restored into another PostgreSQL cluster')])
    expect(said).toContain('npm run log:rebase')
    await client.query('update log_epoch set system_identifier = system_identifier + 1')
    expect(await (await start(await freePort(), { env })).end('SIGINT')).toBe(0)
  } finally {
    await client.end()
    await database.close()
  }
})

test('with a database mail goes by SMTP_URL, nobody reads it at /dev/mailbox, and no password is told', LONG, async () => {
  const database = await openTestDatabase()
  const server = await smtpServer({ allowInsecureAuth: true, onAuth: ({ username: user }, _, done) => done(null, { user }) })
  try {
    const url = `smtp://ada:hush-hush@127.0.0.1:${server.port}?requireTLS=false`
    const mail = { SMTP_URL: url, MAIL_FROM: 'Parley <parley@example.com>' }
    const program = await start(await freePort(), { env: { ...keys(), DATABASE_URL: database.url, NODE_ENV: 'production', ...mail } })
    const { engines } = await rest<{ engines: unknown[] }>(fetch, program.url, '/readyz')
    expect(engines).toContainEqual({ name: 'Mail', on: true, why: 'by SMTP_URL' })
    await database.db.orm.em.fork().transactional((em) => queueMail(em, { to: 'eve@example.net', subject: 'Hello', text: 'Zx81' }))
    await expect.poll(() => server.arrived.map(({ to }) => to), { timeout: 10_000 }).toEqual([['eve@example.net']])
    expect(await statusOf(`${program.url}/dev/mailbox`)).toBe(404)
    expect(await program.end('SIGINT')).toBe(0)
    expect(program.said()).not.toMatch(/hush-hush|Zx81/)
  } finally {
    await server.close()
    await database.close()
  }
})

test.each(['fsync', 'synchronous_commit'])(
  'a PostgreSQL with %s off is refused: it would lose what was acknowledged',
  LONG,
  async (setting) => {
    const unsafe = await startPostgres({ dataDir: join(home, setting), settings: { [setting]: 'off' } })
    try {
      const { code, said } = await refused(begin(await freePort(), { env: { ...keys(), DATABASE_URL: unsafe.url } }))
      expect([code, said]).toEqual([1, expect.stringContaining(`PostgreSQL runs with ${setting} = off`)])
    } finally {
      await unsafe.stop()
    }
  },
)

test('Ctrl-C while it starts stops all of it too', LONG, async () => {
  const program = begin(await freePort())
  await expect.poll(() => postgres().length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0)
  expect(await program.end('SIGINT')).toBe(0)
  expect(postgres()).toEqual([])
})
