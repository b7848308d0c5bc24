import { createTransport } from 'nodemailer'
import { type Mail, type Mailer, MailFailure } from '../ports.ts'

export type Sender = { name: string; address: string }
export type SmtpOptions = {
  /** `smtp://` (TLS once connected, where there is any) or `smtps://`, maybe with a name and a password. */
  url: string
  from: Sender
}

/** In ms. */
const CONNECTING = 10_000
const SILENCE = 20_000
/** All of one mail, at most: whoever claimed it has it for longer. */
const SENDING = 45_000

/** One address as we write it: nothing that could end it, name another or begin a header of its own. */
const ADDRESS = /^[^\s\p{C}<>()[\]\\,;:"@]{1,64}@[^\s\p{C}<>()[\]\\,;:"@]{1,253}$/u
/** A header is one line. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

/**
 * Sends by SMTP, each mail by a connection of its own. A password goes over TLS alone, and so does what it lets send, unless the
 * URL says `?requireTLS=false`.
 */
export function smtpMailer({ url, from }: SmtpOptions): Mailer {
  const { username, password } = new URL(url)
  const timeouts = { connectionTimeout: CONNECTING, dnsTimeout: CONNECTING, greetingTimeout: CONNECTING, socketTimeout: SILENCE }
  const transport = createTransport({ url, requireTLS: username !== '' || password !== '', ...timeouts })
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    async send({ id, to, subject, text, html, language, unsubscribe }: Mail) {
      if (!ADDRESS.test(to)) throw new MailFailure('the recipient is no address', { ofMail: true, isFinal: true })
      try {
        await transport.sendMail({
          messageId: `<${id}@${domain}>`,
          from: { ...from }, // it is written into
          to: { name: '', address: to },
          envelope: { from: from.address, to: [to] },
          subject: oneLine(subject),
          text,
          ...(html !== undefined && { html }), // the two as one multipart/alternative
          headers: { ...USUAL, ...(language !== undefined && { 'Content-Language': oneLine(language) }), ...listHeaders(unsubscribe) },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(SENDING),
        })
      } catch (error) {
        throw failureOf(error)
      }
    },
  }
}

/** RFC 3834: nobody's machine answers. */
const USUAL = { 'Auto-Submitted': 'auto-generated' }

/** RFC 2369, and RFC 8058, which is for https alone. An address in it is never broken in two. */
function listHeaders(unsubscribe: string | undefined) {
  if (unsubscribe === undefined) return {}
  const { href, protocol } = new URL(unsubscribe)
  return {
    'List-Unsubscribe': { prepared: true, value: `<${href}>` },
    ...(protocol === 'https:' && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
  }
}

/** By codes alone: what a server answers may quote the mail, and an address, and what we said to it. */
function failureOf(error: unknown): MailFailure {
  const { name, code, responseCode = 0, command } = error as { name?: string; code?: string; responseCode?: number; command?: string }
  const at = command && `at ${/^[A-Z ]+/.exec(command)?.[0].trim() || 'the start'}`
  const why = [code ?? name, responseCode || undefined, at].filter((part) => part).join(' ')
  const ofMail = (code === 'EENVELOPE' && !isOfSender(responseCode, command)) || code === 'EMESSAGE'
  return new MailFailure(why, { ofMail, isFinal: ofMail && responseCode >= 500 })
}

/** Whom the server does not let send at all, or not as who we are, no other mail helps: somebody has to set us up. */
const isOfSender = (responseCode: number, command = '') => command.startsWith('MAIL') || responseCode === 530
