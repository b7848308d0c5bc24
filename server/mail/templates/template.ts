import type { MailKind } from '../../../client-sdk/contract/index.ts'

/**
 * What a mail says. Each paragraph comes out as one line, whatever is in it. `lead`: where its button goes and what that says; the path
 * is of the app. No message's words are ever in it.
 */
export type Words = { subject: string; paragraphs: string[]; lead?: { says: string; path: string } }
/** How a mail's reader has the world. */
export type For = { name: string; at(moment: string): string; day(day: string): string; count(n: number): string }
/** `kind`: null for what nobody can do without. `uk` says the same as `en`. */
export type Template<Data> = { kind: MailKind | null } & Record<'en' | 'uk', (data: Data, reader: For) => Words>

export const template = <Data>(its: Template<Data>): Template<Data> => its
