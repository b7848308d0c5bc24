/** Every way a call can fail. The code is for programs and never changes meaning; the message is for people. */
export const errors = {
  'request.invalid': { status: 400, retryable: false },
  'request.tooLarge': { status: 413, retryable: false },
  'request.unknownCommand': { status: 404, retryable: false },
  'session.required': { status: 401, retryable: false },
  'session.ended': { status: 401, retryable: false },
  'session.badCredentials': { status: 401, retryable: false },
  'client.upgradeRequired': { status: 426, retryable: false },
  'origin.refused': { status: 403, retryable: false },
  /** The caller may see the thing and may not do this with it. */
  'access.denied': { status: 403, retryable: false },
  /** Rights changed between the check and the commit: nothing was written; look again, then try again. */
  'access.changed': { status: 409, retryable: true },
  /** It is not there, or it is not yours: the two cannot be told apart. */
  'resource.notFound': { status: 404, retryable: false },
  'member.exists': { status: 409, retryable: false },
  /** A room keeps at least one owner. */
  'member.lastOwner': { status: 409, retryable: false },
  /** It was taken back, so there is nothing to change. */
  'message.deleted': { status: 409, retryable: false },
  /** Somebody is mentioned who is no member, as far as the room knows. */
  'mention.notMember': { status: 400, retryable: false },
  /** The room has as many pinned messages, or the message as many emoji, as there may be. */
  'room.pinsFull': { status: 409, retryable: false },
  'message.reactionsFull': { status: 409, retryable: false },
  /** It was edited as often as a message may be. */
  'message.editsFull': { status: 409, retryable: false },
  /** The room lets each member speak only so often; `retryAfter` says when again. */
  'chat.slowMode': { status: 429, retryable: true },
  /** It changed since the version that the order was made for: look again. */
  'resource.stale': { status: 412, retryable: false },
  /** A change by REST says which version it is of, in `If-Match`. */
  'precondition.required': { status: 428, retryable: false },
  /** A platform or category that is not in the catalogue, or is retired. */
  'catalogue.unknown': { status: 400, retryable: false },
  /** The team has as many members and invitations as there may be. */
  'brand.full': { status: 409, retryable: false },
  /** What the campaign still lacks to be published is in the message. */
  'campaign.incomplete': { status: 409, retryable: false },
  /** From the state that it is in, or by who asks, that is not possible. */
  'campaign.illegalMove': { status: 409, retryable: false },
  /** It takes no applications now. */
  'campaign.notOpen': { status: 409, retryable: false },
  'campaign.full': { status: 409, retryable: false },
  /** One creator applies once to a campaign. */
  'application.exists': { status: 409, retryable: false },
  /** A required question has no answer, or there is an answer to none. */
  'application.incomplete': { status: 400, retryable: false },
  'application.illegalMove': { status: 409, retryable: false },
  /** What is agreed here binds: prove again who you are (`session.stepUp`), then send the same again. */
  'session.stepUpRequired': { status: 403, retryable: false },
  /** An amount that is no whole number of minor units, or out of range. */
  'terms.badAmount': { status: 400, retryable: false },
  /** No currency of ISO 4217, another than the fee's, or another than what is agreed already. */
  'terms.badCurrency': { status: 400, retryable: false },
  /** A platform, a territory, a count, a time or a trigger of payment that there is none of. */
  'terms.badUnit': { status: 400, retryable: false },
  'terms.badDate': { status: 400, retryable: false },
  /** The payments do not add up to the fee. */
  'terms.badSum': { status: 400, retryable: false },
  /** Longer, or with more in it, than terms may be. */
  'terms.tooLarge': { status: 400, retryable: false },
  /** A version waits for an answer already. */
  'offer.exists': { status: 409, retryable: false },
  /** It is based on another version than the one that binds. */
  'offer.notBinding': { status: 409, retryable: false },
  'offer.full': { status: 409, retryable: false },
  'offer.commentsFull': { status: 409, retryable: false },
  /** One's own side has proposed it: the other has to answer. */
  'offer.own': { status: 409, retryable: false },
  'offer.notOwn': { status: 409, retryable: false },
  /** The hash is not that of the version's terms. */
  'offer.otherTerms': { status: 409, retryable: false },
  /** What has become of the version already. */
  'offer.accepted': { status: 409, retryable: false },
  'offer.countered': { status: 409, retryable: false },
  'offer.declined': { status: 409, retryable: false },
  'offer.withdrawn': { status: 409, retryable: false },
  'offer.expired': { status: 409, retryable: false },
  /** An amendment leaves alone what was invoiced or paid. */
  'offer.changesPaid': { status: 409, retryable: false },
  'deliverable.illegalMove': { status: 409, retryable: false },
  /** As many revisions were asked for as were agreed on. */
  'deliverable.noRounds': { status: 409, retryable: false },
  /** A dispute comes after the revisions. */
  'deliverable.roundsLeft': { status: 409, retryable: false },
  'milestone.illegalMove': { status: 409, retryable: false },
  /** What the payment waits for has not come about. */
  'milestone.notYet': { status: 409, retryable: false },
  /** That run has nothing to retry, to reset or to cancel. */
  'workflow.illegalMove': { status: 409, retryable: false },
  /** By PostgreSQL's clock. */
  'deadline.passed': { status: 409, retryable: false },
  /** The platform has shut this person out. */
  'person.blocked': { status: 403, retryable: false },
  'person.exists': { status: 409, retryable: false },
  /** The same command id with other content. */
  'command.reused': { status: 409, retryable: false },
  /** It does not read what it is sent, and was cut off: connect again, and catch up. */
  'client.tooSlow': { status: 429, retryable: true },
  /** One person has as many open connections as there may be. */
  'client.tooManySockets': { status: 429, retryable: true },
  'rate.limited': { status: 429, retryable: true },
  /** The room's past is not the one this client has seen. Made by the client alone. */
  'log.forked': { status: 409, retryable: false },
  /** What it was asked of was closed before it was done. Made by the client alone. */
  'client.closed': { status: 409, retryable: false },
  /** Too many sends of this room wait already. Made by the client alone. */
  'client.queueFull': { status: 429, retryable: true },
  'server.failed': { status: 500, retryable: false },
  /** PostgreSQL is out of reach. Whether a write went through is unknown: send the same command again. */
  'server.unavailable': { status: 503, retryable: true },
  'server.stopping': { status: 503, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>

/** Every code. It is for programs and never changes meaning. */
export type ErrorCode = keyof typeof errors
/**
 * `retryable` travels too, so that an old client knows what to do with a code it has never seen. `retryAfter`: before so many
 * seconds have passed the same again fails again.
 */
export type WireError = { code: ErrorCode; message: string; retryable: boolean; requestId: string; retryAfter?: number }

/** Every failure that is foreseen: what went wrong, by its code, and whether the same again can work. */
export class ParleyError extends Error {
  readonly code: ErrorCode
  /** In seconds. */
  readonly retryAfter: number | undefined
  constructor(code: ErrorCode, message: string, { retryAfter, ...options }: ErrorOptions & { retryAfter?: number | undefined } = {}) {
    super(message, options)
    this.name = 'ParleyError'
    this.code = code
    this.retryAfter = retryAfter
  }
  get retryable(): boolean {
    return errors[this.code].retryable
  }
}

/** The one shape in which a failure leaves the house. What we did not foresee says nothing of its cause. */
export function wireError(error: unknown, requestId: string): WireError {
  const { code, message, retryAfter } = error instanceof ParleyError ? error : new ParleyError('server.failed', 'Something went wrong')
  return { code, message, retryable: errors[code].retryable, requestId, ...(retryAfter !== undefined && { retryAfter }) }
}
