import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

test('a password matches its own hash only', async () => {
  const stored = await hashPassword('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(await verifyPassword('correct horse', stored)).toBe(true)
  for (const wrong of ['correct hors', 'Correct horse', 'correct horse ', '']) expect(await verifyPassword(wrong, stored)).toBe(false)
})

test('the same password never has the same hash', async () => {
  expect(await hashPassword('x')).not.toBe(await hashPassword('x'))
})

test('a password typed with composed or decomposed accents is the same', async () => {
  const stored = await hashPassword('caf\u00e9')
  expect(await verifyPassword('cafe\u0301', stored)).toBe(true)
})

test('hashes of other parameters still verify', async () => {
  // Made by the reference implementation: argon2id, m=65536, t=2, p=1, salt "somesalt", password "password".
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await verifyPassword('password', stored)).toBe(true)
  expect(await verifyPassword('Password', stored)).toBe(false)
})

test('nobody has no password, and it takes as long to say so', async () => {
  const stored = await hashPassword('x')
  expect(await verifyPassword('x', null)).toBe(false)
  let [wrong, nobody] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let i = 0; i < 9; i++) {
    wrong = Math.min(wrong, await took(() => verifyPassword('y', stored)))
    nobody = Math.min(nobody, await took(() => verifyPassword('y', null)))
  }
  expect(nobody / wrong).toBeGreaterThan(0.5)
  expect(nobody / wrong).toBeLessThan(2)
})

/** In µs of this process's own CPU: a busy machine makes it no longer. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

test('a flood waits in a line of bounded length, and the line ends', async () => {
  const flood = await Promise.allSettled(Array.from({ length: 130 }, () => verifyPassword('x', null)))
  const refused = flood.filter((attempt) => attempt.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every(({ reason }) => reason.code === 'rate.limited')).toBe(true)
  expect(await verifyPassword('x', await hashPassword('x'))).toBe(true)
})
