import type { Agreement, Story } from '../../contract/deals/schema.ts'
import { pathOf } from '../market/paths.ts'
import type { Ports } from '../ports.ts'
import { heard } from '../promises.ts'
import { isAgreement, isStory } from './shapes.ts'

/** A part of a story: what follows the page that gave `cursor`. */
export type StoryPlace = { readonly cursor?: string; readonly limit?: number }
/** What a deal is read by: by REST, as it is then, so offline that rejects with `server.unavailable`. */
export interface DealReading {
  /** A page of the deal's story, the oldest first: offers with what changed, status, acceptances, work; messages are folded. */
  timeline(place?: StoryPlace): Promise<Story>
  /** What binds both sides, with all that a reader needs who knows nothing else. Rejects with `resource.notFound` where nothing is agreed. */
  agreement(): Promise<Agreement>
  /** The same as a page to print: HTML. */
  page(what: 'agreement' | 'timeline'): Promise<string>
  /** The room's whole log as a file that `parley-verify` checks: JSON lines. */
  proof(): Promise<Blob>
}

const isText = (answer: unknown): answer is string => typeof answer === 'string'
const isBlob = (answer: unknown): answer is Blob => answer instanceof Blob

export function readingOf({ get }: Ports, roomId: string, application: () => Promise<string>): DealReading {
  const pathTo = async (what: 'agreement' | 'timeline', kind = '') =>
    what === 'agreement' ? pathOf(['applications', await application(), `agreement${kind}`]) : pathOf(['rooms', roomId, `timeline${kind}`])
  return {
    timeline: (place = {}) => get(pathOf(['rooms', roomId, 'timeline'], place), isStory),
    agreement: () => heard(pathTo('agreement').then((path) => get(path, isAgreement))),
    page: (what) => heard(pathTo(what, '.html').then((path) => get(path, isText, (response) => response.text()))),
    proof: () => get(pathOf(['rooms', roomId, 'proof']), isBlob, (response) => response.blob()),
  }
}
