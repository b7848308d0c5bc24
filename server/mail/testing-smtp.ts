import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type Arrived = { from: string; to: string[]; source: string; user: string | undefined }
export type SmtpServer = { port: number; arrived: Arrived[]; close(): Promise<void> }

/** A mail server that keeps what it takes. `port` 0: any that is free. `during`: before it says that it has a mail; it may throw why it has not. */
export async function smtpServer(
  { during = async () => {}, ...options }: SMTPServerOptions & { during?(source: string): Promise<void> } = {},
  port = 0,
): Promise<SmtpServer> {
  const arrived: Arrived[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    async onData(stream, session, done) {
      const source = Buffer.concat(await stream.toArray()).toString()
      try {
        await during(source)
      } catch (refusal) {
        return done(refusal as Error)
      }
      const { mailFrom, rcptTo } = session.envelope
      const user = session.user as string | undefined
      arrived.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), source, user })
      done()
    },
  })
  server.on('error', () => {}) // a client that hangs up
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  return {
    port: (server.server.address() as AddressInfo).port,
    arrived,
    close: () => new Promise((closed) => server.close(closed)),
  }
}

/** A mail's headers, by their names in lower case, each as one line. */
export function headersOf(source: string): Record<string, string> {
  const lines = headOf(source)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
}
const headOf = (source: string) => source.slice(0, source.indexOf('\r\n\r\n'))

/** The parts of a mail, or the mail itself where it has none, decoded. */
export function partsOf(source: string): { type: string; text: string }[] {
  const { 'content-type': type = '' } = headersOf(source)
  const [, boundary] = /boundary="([^"]+)"/.exec(type) ?? []
  const parts = boundary === undefined ? [source] : source.split(`--${boundary}`).slice(1, -1)
  return parts.map((part) => decoded(boundary === undefined ? part : part.slice(2, -2)))
}

function decoded(part: string): { type: string; text: string } {
  const { 'content-type': type = '', 'content-transfer-encoding': encoding } = headersOf(part)
  const body = part.slice(headOf(part).length + 4)
  return { type, text: bytesOf(body, encoding).toString().replaceAll('\r\n', '\n') }
}

function bytesOf(body: string, encoding = ''): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding !== 'quoted-printable') return Buffer.from(body)
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return Buffer.from(bytes, 'latin1')
}
