import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Checkpoint } from '../contract/checkpoint.ts'
import { checkpointBytes } from '../contract/checkpoint-bytes.ts'
import type { RoomId } from '../contract/ids.ts'
import { type CheckpointKey, Checkpoints } from './checkpoints.ts'
import { memoryStorage } from './storage.ts'
import { roomId } from './testing.ts'

const hash = (digit: string) => digit.repeat(64)
let jwk: CheckpointKey
let sign: (seq: number, digit: string, stream?: RoomId) => Promise<Checkpoint>

beforeAll(async () => {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as CheckpointKey
  jwk = { kty, crv: crv!, x: x!, kid: 'k1' }
  sign = async (seq, digit, stream = roomId) => {
    const sworn = { stream, seq, hash: hash(digit), at: '2026-11-21T12:00:00.000Z', keyId: 'k1' }
    const signature = await crypto.subtle.sign({ name: 'Ed25519' }, pair.privateKey, Uint8Array.from(checkpointBytes(sworn)))
    return { ...sworn, signature: Buffer.from(signature).toString('base64url') }
  }
})

const onError = vi.fn()
const fetchKeys = vi.fn(async (_cache?: 'reload'): Promise<unknown> => ({ keys: [jwk] }))
const make = (pinned?: readonly CheckpointKey[]) => new Checkpoints({ storage: memoryStorage(), fetchKeys, pinned, onError })
const forked = expect.objectContaining({ code: 'log.forked' })
beforeEach(() => void vi.clearAllMocks())

test('K1 a good checkpoint is remembered, and a later one takes its place', async () => {
  const checkpoints = make()
  expect(await checkpoints.known(roomId)).toBeNull()
  const [first, second] = [await sign(3, 'a'), await sign(7, 'b')]
  await checkpoints.judge(roomId, null, { checkpoint: first, pastHash: null })
  expect(await checkpoints.known(roomId)).toEqual(first)
  await checkpoints.judge(roomId, first, { checkpoint: second, pastHash: first.hash })
  await checkpoints.judge(roomId, second, { checkpoint: first, pastHash: second.hash })
  expect(await checkpoints.known(roomId)).toEqual(second)
  expect(fetchKeys).toHaveBeenCalledTimes(1)
})

test.each([
  ['another past', hash('b')],
  ['a tail that was cut off', null],
])('K2 %s is a fork, however well the new checkpoint is signed', async (_, pastHash) => {
  const checkpoints = make()
  const known = await sign(3, 'a')
  await checkpoints.judge(roomId, null, { checkpoint: known, pastHash: null })
  await expect(checkpoints.judge(roomId, known, { checkpoint: await sign(9, 'c'), pastHash })).rejects.toEqual(forked)
  expect(await checkpoints.known(roomId)).toEqual(known)
})

test('K3 a wrong signature, an unknown key, another room or a contradiction is a fork, and is not remembered', async () => {
  const checkpoints = make()
  const good = await sign(3, 'a')
  const bad = [
    { ...good, hash: hash('b') },
    { ...good, signature: '!' },
    { ...good, keyId: 'k2' },
    await sign(3, 'a', '018f0000-0000-7000-8000-0000000000ff' as RoomId),
  ]
  for (const checkpoint of bad) await expect(checkpoints.judge(roomId, null, { checkpoint, pastHash: null })).rejects.toEqual(forked)
  expect(await checkpoints.known(roomId)).toBeNull()
  await expect(checkpoints.judge(roomId, good, { checkpoint: await sign(3, 'b'), pastHash: good.hash })).rejects.toEqual(forked)
})

test('K4 pinned keys are the only ones', async () => {
  const checkpoint = await sign(3, 'a')
  await make([jwk]).judge(roomId, null, { checkpoint, pastHash: null })
  await expect(make([]).judge(roomId, null, { checkpoint, pastHash: null })).rejects.toEqual(forked)
  expect(fetchKeys).not.toHaveBeenCalled()
})

test('K4 a key not seen before is looked up past the caches, once per join, before it is judged', async () => {
  const checkpoints = make()
  const stale = { keys: [{ ...jwk, kid: 'k0' }] }
  const [first, second] = [await sign(3, 'a'), await sign(7, 'b')]
  fetchKeys.mockResolvedValueOnce(stale) // a cache on the way
  await checkpoints.judge(roomId, null, { checkpoint: first, pastHash: null })
  expect(fetchKeys.mock.calls).toEqual([[undefined], ['reload']])
  await checkpoints.judge(roomId, first, { checkpoint: second, pastHash: first.hash })
  expect(fetchKeys).toHaveBeenCalledTimes(2)
  const alien = { ...(await sign(9, 'c')), keyId: 'k9' }
  await expect(checkpoints.judge(roomId, second, { checkpoint: alien, pastHash: second.hash })).rejects.toEqual(forked)
  expect(fetchKeys.mock.calls.slice(2)).toEqual([['reload']])
  expect(await checkpoints.known(roomId)).toEqual(second)
})

test.each([null, 'moved', {}, { keys: 'none' }, { keys: [null] }, { keys: [{ kty: 'OKP' }] }])(
  'K5 keys of another shape (%j) are out of reach, and asked for again next time',
  async (document) => {
    const checkpoints = make()
    const checkpoint = await sign(3, 'a')
    fetchKeys.mockResolvedValueOnce(document)
    await checkpoints.judge(roomId, null, { checkpoint, pastHash: null })
    expect(onError).toHaveBeenCalledTimes(1)
    expect(await checkpoints.known(roomId)).toBeNull()
    const bad = { ...checkpoint, hash: hash('b') }
    await expect(checkpoints.judge(roomId, null, { checkpoint: bad, pastHash: null })).rejects.toEqual(forked)
    await checkpoints.judge(roomId, null, { checkpoint, pastHash: null })
    expect(await checkpoints.known(roomId)).toEqual(checkpoint)
  },
)

test('K5 a key that is none is not kept', async () => {
  const checkpoints = make()
  const checkpoint = await sign(3, 'a')
  fetchKeys.mockResolvedValueOnce({ keys: [{ ...jwk, x: '!' }] })
  for (let i = 0; i < 2; i++) await checkpoints.judge(roomId, null, { checkpoint, pastHash: null })
  expect(onError).toHaveBeenCalledTimes(1)
  expect(await checkpoints.known(roomId)).toEqual(checkpoint)
})

test('K5 keys out of reach accuse nobody: it is reported, and nothing is remembered', async () => {
  const checkpoints = make()
  fetchKeys.mockRejectedValueOnce(new Error('offline'))
  await checkpoints.judge(roomId, null, { checkpoint: await sign(3, 'a'), pastHash: null })
  expect(onError).toHaveBeenCalledTimes(1)
  expect(await checkpoints.known(roomId)).toBeNull()
})

test('K6 a storage that fails is reported, and the room goes on', async () => {
  const broken = () => Promise.reject(new Error('quota'))
  const checkpoints = new Checkpoints({
    storage: { get: broken, set: broken, delete: broken, keys: broken },
    fetchKeys,
    pinned: undefined,
    onError,
  })
  expect(await checkpoints.known(roomId)).toBeNull()
  await checkpoints.judge(roomId, null, { checkpoint: await sign(3, 'a'), pastHash: null })
  expect(onError).toHaveBeenCalledTimes(2)
})

test('K7 what is no checkpoint of the room in the storage is none, and a good one takes its place', async () => {
  const good = await sign(3, 'a')
  const elsewhere = await sign(3, 'a', '018f0000-0000-7000-8000-0000000000ff' as RoomId)
  const bad = ['"5"', '5', '{}', '[]', 'null', '{', JSON.stringify({ ...good, seq: 'x' }), JSON.stringify({ ...good, hash: 'x' })]
  for (const kept of [...bad, JSON.stringify(elsewhere)]) {
    const storage = memoryStorage()
    storage.set(`checkpoint/${roomId}`, kept)
    const checkpoints = new Checkpoints({ storage, fetchKeys, pinned: undefined, onError })
    const known = await checkpoints.known(roomId)
    expect(known).toBeNull()
    await checkpoints.judge(roomId, known, { checkpoint: good, pastHash: null })
    expect(await checkpoints.known(roomId)).toEqual(good)
  }
  expect(onError).toHaveBeenCalledTimes(bad.length + 1)
})
