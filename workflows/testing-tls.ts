import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createSecureServer, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { engineProgram } from '../scripts/engines-path.ts'

type Pair = { certificate: string; key: string }
/** An authority, what it signed for the server at 127.0.0.1 and for us; and somebody else's of the same name. */
export type Certificates = { ca: string; server: Pair; ours: Pair; strangers: Pair }

export function certificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tls-'))
  const openssl = (...args: string[]) => execFileSync(engineProgram('openssl'), args, { cwd: folder, stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const authority = (name: string) => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ed25519',
      '-noenc',
      '-days',
      '2',
      '-subj',
      '/CN=An authority',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    )
    return (subject: string): Pair => {
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-noenc',
        '-subj',
        `/CN=${subject}`,
        '-keyout',
        'it.key',
        '-out',
        'it.csr',
      )
      writeFileSync(join(folder, 'ext'), 'subjectAltName=IP:127.0.0.1')
      openssl(
        'x509',
        '-req',
        '-days',
        '1',
        '-in',
        'it.csr',
        '-CA',
        `${name}.pem`,
        '-CAkey',
        `${name}.key`,
        '-extfile',
        'ext',
        '-out',
        'it.pem',
      )
      return { certificate: read('it.pem'), key: read('it.key') }
    }
  }
  try {
    const sign = authority('ca')
    const signOther = authority('other')
    return { ca: read('ca.pem'), server: sign('server'), ours: sign('parley'), strangers: signOther('parley') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Stands before a Temporal: TLS outside, plain text inside. With an `apiKey` it lets nobody in without that one. */
export type TlsDoor = { address: string; asked: { path: string; authorization: string | undefined }[]; close(): Promise<void> }
type Options = { certificates: Certificates; asksWho?: boolean; apiKey?: string }

export async function tlsDoor(inside: string, { certificates: { ca, server: pair }, asksWho = false, apiKey }: Options): Promise<TlsDoor> {
  const asked: TlsDoor['asked'] = []
  const behind = connect(`http://${inside}`)
  const options = { key: pair.key, cert: pair.certificate, ca, requestCert: asksWho, rejectUnauthorized: asksWho }
  const door = createSecureServer(options, undefined)
  const sessions = new Set<{ destroy(): void }>()
  door.on('session', (session) => void sessions.add(session).size)
  door.on('stream', (stream, headers) => {
    const { ':path': path = '', authorization } = headers
    asked.push({ path, authorization })
    stream.on('error', () => {})
    if (apiKey !== undefined && authorization !== `Bearer ${apiKey}`)
      return stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16', 'grpc-message': 'no' },
        { endStream: true },
      )
    const its = behind.request(plain(headers))
    its.on('error', () => stream.close())
    let trailers: IncomingHttpHeaders = {}
    its.on('trailers', (last) => {
      trailers = last
    })
    its.on('response', (answer, flags) => {
      const isOver = (flags & 1) !== 0
      stream.respond(plain(answer), { waitForTrailers: !isOver, endStream: isOver })
      if (!isOver) its.pipe(stream)
    })
    stream.on('wantTrailers', () => stream.sendTrailers(plain(trailers)))
    stream.on('close', () => its.close())
    stream.pipe(its)
  })
  await once(door.listen(0, '127.0.0.1'), 'listening')
  return {
    address: `127.0.0.1:${(door.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const session of sessions) session.destroy()
      behind.destroy()
      await new Promise((done) => door.close(done))
    },
  }
}

/** Without what Node adds for itself. */
const plain = (headers: IncomingHttpHeaders) => Object.fromEntries(Object.entries(headers)) as Record<string, string>
