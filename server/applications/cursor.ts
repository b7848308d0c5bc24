import { z } from 'zod'
import type { Json } from '../../client-sdk/contract/canonical.ts'
import { ApplicationId, type ListApplications, ParleyError } from '../../client-sdk/contract/index.ts'
import type { Place, Scope } from '../../persistence/applications/lists.ts'
import { cursorFrom, nameOf, partsOf } from '../cursor.ts'

/** What a list was asked for. A cursor goes on in the answer to the same alone. */
export type Question = { scope: Scope } & Pick<ListApplications, 'state' | 'sort'>

const At = z.iso.datetime({ precision: 6 }).refine((at) => !at.startsWith('0000'))
const Cursor = z.tuple([z.string(), At, ApplicationId])

/** Says nothing that the page did not, and lets nobody see more. */
export const cursorOf = ({ at, id }: Place, question: Question): string => cursorFrom([marked(question), at, id])

/** Throws `request.invalid` for what is no cursor, or one of another question. */
export const after = (cursor: string | undefined, question: Question): Place | null => placeAfter(cursor, marked(question))

/** The same for a list whose cursors begin with this mark. */
export function placeAfter(cursor: string | undefined, mark: string): Place | null {
  if (cursor === undefined) return null
  const place = Cursor.safeParse(partsOf(cursor))
  if (!place.success || place.data[0] !== mark) throw new ParleyError('request.invalid', '`cursor` is none of this list')
  const [, at, id] = place.data
  return { at, id }
}

/** The states in any order are one question. */
const marked = ({ scope, state, sort }: Question): string => nameOf({ ...scope, state: [...new Set(state)].sort(), sort } as Json)
