import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { io } from 'socket.io-client'
import { asWireError } from '../client-sdk/src/errors.ts'
import type { Fetch } from '../client-sdk/src/rest.ts'
import type { OpenSocket } from '../client-sdk/src/socket.ts'
import { randomFrom } from '../persistence/testing/random.ts'
import { freePort } from '../realtime/faults/testing-program.ts'
import { engineProgram } from '../scripts/engines-path.ts'

export type Edge = { url: string; httpUrl: string; said(): string; close(): Promise<void> }

export const TEMPLATE = join(import.meta.dirname, 'nginx/nginx.conf.template')
/** As on Debian and in containers: an account with no rights. */
const NOBODY = 65_534
const PATIENCE = 20_000

/** As envsubst does it in the nginx image: what the environment has is written in, anything else stays. */
const filled = (template: string, variables: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (whole, name: string) => variables[name] ?? whole)

/** So many, each another. */
export async function freePorts(count: number): Promise<number[]> {
  const random = randomFrom(Date.now() ^ process.pid)
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort(random))
  return [...ports]
}

/** nginx with the repository's configuration, in front of hubs at these ports. This process trusts its certificate from now on. */
export async function openEdge(hubs: readonly [number, number, number]): Promise<Edge> {
  const home = mkdtempSync(join(tmpdir(), 'parley-edge-'))
  const [http, https] = (await freePorts(2)) as [number, number]
  const files = certificate(home)
  const url = `https://localhost:${https}`
  const [HUB_1, HUB_2, HUB_3] = hubs.map((port) => `127.0.0.1:${port}`) as [string, string, string]
  const variables = { HUB_1, HUB_2, HUB_3, HTTP_PORT: `127.0.0.1:${http}`, HTTPS_PORT: `127.0.0.1:${https}`, PUBLIC_URL: url, ...files }
  writeFileSync(join(home, 'nginx.conf'), filled(readFileSync(TEMPLATE, 'utf8'), variables))
  const nginx = run(home)
  const httpUrl = `http://127.0.0.1:${http}`
  const close = async () => {
    await nginx.end()
    rmSync(home, { recursive: true, force: true })
  }
  for (const until = Date.now() + PATIENCE; !(await isUp(httpUrl)); await sleep(20)) {
    if (!nginx.hasEnded() && Date.now() < until) continue
    await close()
    throw new Error(`nginx did not start. It said:\n${nginx.said()}`)
  }
  return { url, httpUrl, said: nginx.said, close }
}

/** Without any rights, even where the tests have them all. */
function run(home: string) {
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (account.uid) for (const path of [home, ...readdirSync(home).map((name) => join(home, name))]) chownSync(path, NOBODY, NOBODY)
  const options = ['-e', 'stderr', '-p', home, '-c', join(home, 'nginx.conf'), '-g', 'daemon off;']
  const child = spawn(engineProgram('nginx'), options, { ...account, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text))
  let ended = false
  const closed = once(child, 'close').then(() => (ended = true))
  const kill = () => child.kill('SIGTERM')
  process.once('exit', kill)
  const end = () => {
    process.off('exit', kill)
    kill()
    return closed
  }
  return { said: () => said, hasEnded: () => ended, end }
}

function certificate(home: string) {
  const [TLS_CERTIFICATE, TLS_CERTIFICATE_KEY] = [join(home, 'certificate.pem'), join(home, 'key.pem')]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  const out = ['-addext', 'subjectAltName=DNS:localhost', '-out', TLS_CERTIFICATE, '-keyout', TLS_CERTIFICATE_KEY]
  execFileSync(engineProgram('openssl'), ['req', ...kind, ...out], { stdio: 'ignore' })
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(TLS_CERTIFICATE, 'utf8')])
  return { TLS_CERTIFICATE, TLS_CERTIFICATE_KEY }
}

const isUp = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ status }) => status === 204,
    () => false,
  )

/** `fetch` from an address of this machine's own, such as 127.0.0.7: the edge sees that one. */
export const fetchFrom =
  (localAddress: string): Fetch =>
  async (url, { method = 'GET', headers = {}, body = null } = {}) => {
    const options: RequestOptions = { method, localAddress, agent: false, headers: Object.fromEntries(new Headers(headers)) }
    const request = requestHttps(String(url), options)
    request.end(body)
    const [response] = await once(request, 'response')
    const status: number = response.statusCode
    const content = await buffer(response)
    return new Response(status === 204 ? null : new Uint8Array(content), { status, headers: response.headers })
  }

/** A socket of the SDK from such an address. */
export const socketFrom =
  (localAddress: string): OpenSocket =>
  (url, path, auth) => {
    const options = { path, transports: ['websocket'], reconnection: false, forceNew: true, auth, localAddress }
    const socket = io(new URL(url).origin, options)
    return {
      get connected() {
        return socket.connected
      },
      on(event, listener) {
        if (event !== 'connect_error') return void socket.on(event as string, listener)
        socket.on('connect_error', (error: Error & { data?: unknown }) => (listener as (refusal: unknown) => void)(asWireError(error.data)))
      },
      emitWithAck: (name, input, ms) => socket.timeout(ms).emitWithAck(name, input),
      close: () => void socket.disconnect(),
    }
  }
