import { ParleyError } from '../client-sdk/contract/index.ts'
import { isUnavailable } from '../persistence/unavailable.ts'

/** For the doors: a PostgreSQL that MikroORM could not reach gets its name; any other error is as it was. */
export function foreseen(error: unknown): unknown {
  if (error instanceof ParleyError || !isUnavailable(error)) return error
  return new ParleyError('server.unavailable', 'The database is out of reach; try again', { cause: error })
}
