import type { Pool } from 'pg'
import { expect, test } from 'vitest'
import { batched } from './batched.ts'

const pool = {} as Pool
const own = { id: String }
const turn = () => new Promise((done) => setTimeout(done))

test('what arrives while a call is in flight goes into the next, and each gets its own answer', async () => {
  const calls: number[][] = []
  const double = batched<number, number>(own, async (_pool, keys) => {
    calls.push([...keys])
    await turn()
    return keys.map((key) => key * 2)
  })
  const first = double(pool, 1)
  await new Promise((done) => setImmediate(done))
  const others = [double(pool, 2), double(pool, 3)]
  expect(await Promise.all([first, ...others])).toEqual([2, 4, 6])
  expect(calls).toEqual([[1], [2, 3]])
})

test('a call takes no more keys than it may', async () => {
  const sizes: number[] = []
  const same = batched<number, number>({ ...own, most: 2 }, async (_pool, keys) => {
    sizes.push(keys.length)
    return [...keys]
  })
  expect(await Promise.all([1, 2, 3, 4, 5].map((key) => same(pool, key)))).toEqual([1, 2, 3, 4, 5])
  expect(sizes).toEqual([2, 2, 1])
})

test('a call that fails fails its own look-ups alone', async () => {
  const calls: number[][] = []
  const fragile = batched<number, number>({ ...own, most: 1 }, async (_pool, keys) => {
    calls.push([...keys])
    if (keys.includes(2)) throw new Error('the database is away')
    return [...keys]
  })
  const answers = await Promise.allSettled([1, 2, 3].map((key) => fragile(pool, key)))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(calls).toEqual([[1], [2], [3]])
})

test('two pools never share a call', async () => {
  const calls: [Pool, number[]][] = []
  const same = batched<number, number>(own, async (its, keys) => {
    calls.push([its, [...keys]])
    return [...keys]
  })
  const other = {} as Pool
  await Promise.all([same(pool, 1), same(other, 2)])
  expect(calls).toEqual([
    [pool, [1]],
    [other, [2]],
  ])
})

test('who asks the same before the call gets the same answer, and who asks during it gets a later one', async () => {
  let calls = 0
  const count = batched<string, number>({ id: (key) => key }, async (_pool, keys) => {
    calls++
    const call = calls
    await turn()
    return keys.map(() => call)
  })
  const together = [count(pool, 'a'), count(pool, 'a')]
  await new Promise((done) => setImmediate(done))
  const during = count(pool, 'a')
  expect(await Promise.all([...together, during])).toEqual([1, 1, 2])
})
