import type {
  GetWorkflow,
  ListWorkflows,
  MoveWorkflow,
  PageOf,
  ParleyError,
  WorkflowHistory,
  WorkflowRun,
} from '../client-sdk/contract/index.ts'

/** What the server needs of the outside. Whoever starts it says what does it. */

/**
 * `id`: the same of every try, so that whoever gets a mail twice can tell. `to`: one address, without a name. `html`: says the same as
 * `text`. `unsubscribe`: where its kind is ended; absent of what has none.
 */
export type Mail = { id: string; to: string; subject: string; text: string; html?: string; language?: string; unsubscribe?: string }
export type Mailer = {
  /** Resolves once the mail is another server's to deliver; rejects with `MailFailure` otherwise. In the end, one or the other. */
  send(mail: Mail): Promise<void>
}

/** Says what went wrong in words that may be kept and logged: nothing of the mail, of its reader or of a secret is in them. */
export class MailFailure extends Error {
  /** Of this mail alone, such as a recipient whom nobody knows: others may well go. */
  readonly ofMail: boolean
  /** It will never go: to try again is of no use. */
  readonly isFinal: boolean
  constructor(why: string, { ofMail, isFinal = false }: { ofMail: boolean; isFinal?: boolean }) {
    super(why)
    this.ofMail = ofMail
    this.isFinal = isFinal
  }
}

/** Slow work, for those who look after it. Every one throws `server.unavailable` while its engine is away. */
export type WorkflowAdmin = {
  list(question: ListWorkflows): Promise<PageOf<WorkflowRun>>
  /** Undefined where there is no such run. */
  history(which: GetWorkflow): Promise<WorkflowHistory | undefined>
  /** Why a move is not possible as things are, `workflow.illegalMove` or `resource.notFound`; null where it is. Changes nothing. */
  refusal(order: MoveWorkflow): Promise<ParleyError | null>
  /**
   * Once for each command id, but that what fails still is tried at once again. Where there is nothing to do that to any more, it stays
   * as it is. Answers the run that goes on now.
   */
  move(order: MoveWorkflow): Promise<{ runId: string }>
}
