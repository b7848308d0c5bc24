import { ParleyError } from '../client-sdk/contract/errors.ts'

/**
 * SQLSTATE classes and codes that say "not now" rather than "not this": 08 connection, 53 resources, 57P operator
 * (shutdown, crash, starting), 25P02–25P04 timeouts of a transaction, 25006 a standby that is not the primary yet, 57014 a statement's timeout, 40 serialisation and deadlock, 55P03 lock timeout.
 */
const passing = /^(08|53|57P|57014|25P0[234]|25006|40|55P03)/

/** True where PostgreSQL could not be asked, or died while being asked: what was written then is unknown. */
export function isUnavailable(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return passing.test(code)
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return true // the socket's own errors: ECONNREFUSED, EPIPE …
    if (/connection terminated|timeout|not queryable|client was closed|Connection ended/i.test(e.message)) return true
  }
  return false
}

/** Gives a lost PostgreSQL its name, so that nobody outside persistence needs to know its errors. */
export async function unavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ParleyError || !isUnavailable(error)) throw error
    throw new ParleyError('server.unavailable', 'The database is out of reach; try again', { cause: error })
  }
}
