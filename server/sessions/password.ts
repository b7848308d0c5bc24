import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { ParleyError } from '../../client-sdk/contract/index.ts'

/** OWASP's parameters for Argon2id; memory in KiB, lengths in bytes. */
const memory = 19_456
const passes = 2
const parallelism = 1
const NONCE_LENGTH = 16
const TAG_LENGTH = 32

type Hash = { memory: number; passes: number; parallelism: number; nonce: Buffer; tag: Buffer }

/** The password's hash as a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(NONCE_LENGTH)
  const tag = await argon2id(password, { memory, passes, parallelism, nonce, tagLength: TAG_LENGTH })
  return phc({ memory, passes, parallelism, nonce, tag })
}

/**
 * Whether the password is that of the PHC string. Null, for nobody, takes as long and is always false: the time must not
 * tell who has an account.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const { tag, ...parameters } = parse(stored ?? NOBODY)
  const found = await argon2id(password, { ...parameters, tagLength: tag.length })
  return timingSafeEqual(found, tag) && stored !== null
}

const phc = (hash: Hash): string =>
  `$argon2id$v=19$m=${hash.memory},t=${hash.passes},p=${hash.parallelism}$${unpadded(hash.nonce)}$${unpadded(hash.tag)}`
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Nobody has the password to this. */
const NOBODY = phc({ memory, passes, parallelism, nonce: randomBytes(NONCE_LENGTH), tag: randomBytes(TAG_LENGTH) })

function parse(text: string): Hash {
  const [, m, t, p, nonce, tag] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(text) ?? []
  if (!nonce || !tag) throw new Error('This is no Argon2id hash')
  return {
    memory: Number(m),
    passes: Number(t),
    parallelism: Number(p),
    nonce: Buffer.from(nonce, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

/** A hash takes 19 MiB and one of Node's four threads for some 25 ms: files and DNS need the others. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1))
const MOST_WAITING = 100
let running = 0
const waiting: (() => void)[] = []
const hash = promisify(argon2)

async function argon2id(password: string, parameters: Omit<Hash, 'tag'> & { tagLength: number }): Promise<Buffer> {
  if (waiting.length >= MOST_WAITING) throw new ParleyError('rate.limited', 'Too many people are signing in; wait a little')
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    // The same word typed on another keyboard may be composed differently (NIST SP 800-63B).
    return await hash('argon2id', { message: password.normalize('NFKC'), ...parameters })
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
