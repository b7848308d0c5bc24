import { type Mailer, MailFailure } from '../ports.ts'

/** `failure`: why nothing could be sent, and since when; null while the mail server can be reached. */
export type Watched = Mailer & { failure(): { since: Date; why: string } | null }

/** The same mailer, which knows how it goes. */
export function watchMailer(mailer: Mailer): Watched {
  let failure: { since: Date; why: string } | null = null
  return {
    async send(mail) {
      try {
        await mailer.send(mail)
        failure = null
      } catch (error) {
        const isReached = error instanceof MailFailure && error.ofMail
        const why = error instanceof MailFailure ? error.message : 'the mailer broke'
        failure = isReached ? null : { since: failure?.since ?? new Date(), why }
        throw error
      }
    },
    failure: () => failure,
  }
}
