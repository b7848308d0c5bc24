import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type Arrived = { from: string; to: string[]; source: string; user: string | undefined }
export type SmtpServer = { port: number; arrived: Arrived[]; close(): Promise<void> }

/** A mail server that keeps what it takes. `port` 0: any that is free. `during`: before it says that it has a mail. */
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
      await during(source)
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
