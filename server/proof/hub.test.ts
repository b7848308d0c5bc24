import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RoomId } from '../../client-sdk/contract/index.ts'
import { signIn } from '../../client-sdk/src/session.ts'
import { checkpointsOf, signerFrom } from '../../persistence/checkpoints.ts'
import { freePort, type Program, runProgram } from '../../realtime/faults/testing-program.ts'
import { sendMessage } from '../chat/send-message.ts'
import { agreed, type Parties } from '../deals/testing.ts'
import { commandId, newKey, PASSWORD, type TestPerson, type World, world } from '../testing.ts'
import { linesOf } from './testing.ts'

const LONG = 180_000
const folder = mkdtempSync(join(tmpdir(), 'parley-proof-'))
const keys = [newKey(), newKey()] as const
const kids = keys.map((key) => signerFrom(key).jwk.kid)
const TOKEN_KEY = newKey()
let w: World
let hub: Program | undefined
let its: Parties
beforeAll(async () => {
  w = await world({ signer: signerFrom(keys[0]) })
  its = await agreed(w)
}, LONG)
afterAll(async () => {
  await hub?.end('SIGKILL')
  await w?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The hub, with the first of its keys, or the second. */
async function start(key: string): Promise<string> {
  await hub?.end('SIGTERM')
  hub = runProgram({ port: await freePort(), env: { DATABASE_URL: w.url, TOKEN_KEY, CHECKPOINT_KEY: key, LOG_LEVEL: 'info' } })
  return (await hub.ready()).url
}
const tokenOf = async (url: string, { email }: TestPerson) => (await signIn(url, { email, password: PASSWORD })).session.accessToken
const ask = (url: string, token: string, roomId: RoomId) =>
  fetch(`${url}/api/v1/rooms/${roomId}/proof`, { headers: { Authorization: `Bearer ${token}` } })
const sworn = (roomId: RoomId, keyId: string) =>
  expect.poll(async () => (await checkpointsOf(w.db.pool, roomId, 1))[0]?.keyId, { timeout: 20_000 }).toBe(keyId)

/** The real program, in a process of its own. */
function verify(args: readonly string[], input?: Uint8Array): { status: number | null; stdout: string; stderr: string } {
  const program = join(import.meta.dirname, '../../client-sdk/verify/main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { ...(input && { input }), encoding: 'utf8' })
  return { status, stdout, stderr }
}

test(
  'what a hub exports is verified by a program of its own, over a change of the hub’s key',
  async () => {
    const { roomId, creator, campaign } = its
    await start(keys[0])
    await sworn(roomId, kids[0]!)
    const url = await start(keys[1])
    const token = await tokenOf(url, creator)
    const said = await fetch(`${url}/api/v1/rooms/${roomId}/messages`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: 'Hello' }),
    })
    expect(said.status).toBe(201)
    await sworn(roomId, kids[1]!)
    const answer = await ask(url, token, roomId)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jsonl'])
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="parley-proof-${roomId}.jsonl"`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const file = join(folder, 'proof.jsonl')
    writeFileSync(file, bytes)

    const { keys: listed } = (await (await fetch(`${url}/.well-known/parley-checkpoint-keys.json`)).json()) as { keys: { kid: string }[] }
    expect(listed.map(({ kid }) => kid)).toEqual(kids)
    expect(linesOf(bytes)[0]).toMatchObject({ proof: { keys: listed } })
    const good = verify([file, '--key', kids[1]!])
    expect(good).toMatchObject({ status: 0, stderr: '' })
    expect(good.stdout).toContain(roomId)
    expect(good.stdout).toMatch(/checkpoints +2\n/)
    expect(verify(['-', '--key', kids[0]!, '--key', kids[1]!, '--json'], bytes)).toMatchObject({ status: 0 })
    expect(verify([file, '--key', kids[0]!]).stdout).toContain('key.notPinned')
    const lie = Buffer.from(bytes.toString().replace('90000', '90001'))
    expect(verify(['-', '--key', kids[1]!], lie)).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/hash\.differs\n +where +line 8, seq 7\n/),
    })
    expect(await ask(url, await tokenOf(url, await w.person()), roomId)).toMatchObject({ status: 404 })
    expect(await ask(url, await tokenOf(url, campaign.viewer), roomId)).toMatchObject({ status: 200 })
  },
  LONG,
)

test(
  'a proof is sent as it is read; whoever is let out meanwhile loses the connection, and has no seal',
  async () => {
    const { roomId, campaign } = its
    const long = async (n: number) =>
      sendMessage(w.as(campaign.manager), { commandId: commandId(), roomId, text: `${n} ${'x'.repeat(3_900)}` })
    for (let n = 0; n < 40; n++) await Promise.all(Array.from({ length: 100 }, (_, i) => long(n * 100 + i)))
    const url = hub!.url
    const answer = await ask(url, await tokenOf(url, campaign.viewer), roomId)
    const reader = answer.body!.getReader()
    let read = (await reader.read()).value!.length
    const removed = await fetch(`${url}/api/v1/brands/${campaign.brandId}/members/${campaign.viewer.userId}`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${await tokenOf(url, campaign.owner)}` },
    })
    expect(removed.status).toBe(200)
    const rest = async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return 'a whole file'
        read += value.length
      }
    }
    await expect(rest()).rejects.toThrow('terminated')
    expect(read).toBeLessThan(16_000_000)
    await expect.poll(() => hub!.lines().find(({ message }) => message === 'rest ended')).toMatchObject({ code: 'resource.notFound' })
  },
  LONG,
)
