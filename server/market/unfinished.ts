import { ParleyError } from '../../client-sdk/contract/index.ts'

/** Gone before this is done. */
export const unfinished = (): never => {
  throw new ParleyError('server.unavailable', 'Not built yet')
}
