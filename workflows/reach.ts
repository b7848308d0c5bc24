import { Connection, ServiceError } from '@temporalio/client'
import { NativeConnection, TransportError } from '@temporalio/worker'
import type { TemporalTls } from '../server/config.ts'

/** How a server is reached. An API key goes over TLS alone. */
export type Reach = { address: string; apiKey: string | null; tls: TemporalTls }

/** In ms. A server that takes longer to answer is as good as away. */
export const PATIENCE = 5_000

/**
 * Without the SDK's own interceptor, which tries again by itself: where the connection is closed meanwhile it throws in a timer, and that
 * ends the process. Whoever asks tries again.
 */
export const connectClient = (reach: Reach): Promise<Connection> =>
  Connection.connect({ ...options(reach), connectTimeout: PATIENCE, interceptors: [] })
export const connectWorkers = (reach: Reach): Promise<NativeConnection> => NativeConnection.connect(options(reach))

function options({ address, apiKey, tls }: Reach) {
  const its = tls === false && apiKey !== null ? true : tls
  return { address, ...(its !== false && { tls: tlsConfig(its) }), ...(apiKey !== null && { apiKey }) }
}

function tlsConfig(tls: Exclude<TemporalTls, false>) {
  if (tls === true) return true
  const { ca, pair } = tls
  return {
    ...(ca !== null && { serverRootCACertificate: Buffer.from(ca) }),
    ...(pair && { clientCertPair: { crt: Buffer.from(pair.certificate), key: Buffer.from(pair.key) } }),
  }
}

/** gRPC's codes. */
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** For everybody's eyes: nothing of the address, and nothing secret. */
export function whyAway(error: unknown, namespace: string): string {
  const { code, message } = gist(error)
  if (code === NOT_FOUND) return `it has no namespace ${namespace}`
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED)
    return 'it does not let us in: see TEMPORAL_API_KEY and TEMPORAL_TLS_CERTIFICATE'
  if (code === UNAVAILABLE && /certificate|tls|ssl/i.test(message))
    return 'its certificate is not accepted, or ours is not: see TEMPORAL_TLS_CA'
  if (typeof code === 'number' || error instanceof TransportError || /before the deadline/.test(message)) return 'it cannot be reached'
  return message.split('\n')[0]!.slice(0, 500)
}

/** What the client says of it, it says around the answer's own code. */
function gist(error: unknown): { code: unknown; message: string } {
  if (!(error instanceof Error)) return { code: null, message: String(error) }
  if ('code' in error) return { code: error.code, message: error.message }
  return error instanceof ServiceError && error.cause ? gist(error.cause) : { code: null, message: error.message }
}
