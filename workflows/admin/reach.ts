import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, isGrpcServiceError } from '@temporalio/client'
import { ParleyError } from '../../client-sdk/contract/index.ts'

export type Service = Client['workflowService']
/** Temporal, as whoever looks after slow work reaches it. */
export type Reached = { service: Service; namespace: string }

/** In ms, for all that is asked in one go: whoever waits is a person. */
const PATIENCE = 4_500
/** Of gRPC: nobody knows what is asked for. */
const NOT_FOUND = 5
/** What is asked for cannot be, so to try again is of no use. */
const FAULTS: readonly number[] = [3, 9, 12] // INVALID_ARGUMENT, FAILED_PRECONDITION, UNIMPLEMENTED

/** Asks Temporal. Throws `server.unavailable` where it is away, or silent for longer than a person waits. */
export async function reach<T>(client: Client | null, namespace: string, ask: (temporal: Reached) => Promise<T>): Promise<T> {
  if (!client) throw away()
  const late = new AbortController()
  const tooLate = sleep(PATIENCE, undefined, { signal: late.signal }).then(() => Promise.reject(away()))
  tooLate.catch(() => {})
  const asked = client.connection.withDeadline(Date.now() + PATIENCE, () => ask({ service: client.workflowService, namespace }))
  try {
    return await Promise.race([asked, tooLate])
  } catch (error) {
    const code = codeOf(error)
    throw code === undefined || FAULTS.includes(code) ? error : away(error)
  } finally {
    late.abort()
  }
}

const away = (cause?: unknown) => new ParleyError('server.unavailable', 'Temporal cannot be reached; try again', { cause })

/** Undefined where there is no such run, or no more. */
export async function known<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return undefined
    throw error
  }
}

/** The code of gRPC, where it is Temporal that refused. */
export const codeOf = (error: unknown): number | undefined => (isGrpcServiceError(error) ? error.code : undefined)

type Timestamp = { seconds?: unknown; nanos?: number | null }
/** A moment as Temporal has it, in ms. */
export const msOf = ({ seconds, nanos }: Timestamp): number => Number(String(seconds ?? 0)) * 1_000 + Math.floor((nanos ?? 0) / 1_000_000)
export const instantOf = (at: Timestamp): string => new Date(msOf(at)).toISOString()
