import type { GetWorkflow, ListWorkflows, MoveWorkflow, PageOf, WorkflowHistory, WorkflowRun } from '../client-sdk/contract/index.ts'

/** What the server needs of the outside. Whoever starts it says what does it. */

/** `id`: the same of every try, so that whoever gets a mail twice can tell. `to`: one address, without a name. */
export type Mail = { id: string; to: string; subject: string; text: string }
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
  /** Once for each command id. Answers the run that it goes on in. Throws `workflow.illegalMove` where there is nothing to do that to. */
  move(order: MoveWorkflow): Promise<{ runId: string }>
}
