import type { Message, MessagePage, Version } from '../contract/chat/schema.ts'
import { ParleyError } from '../contract/errors.ts'
import type { RoomId } from '../contract/ids.ts'
import type { Attendance } from './attendance.ts'
import { unanswered } from './errors.ts'
import type { RoomHost } from './room.ts'
import * as rooms from './room-store.ts'
import type { SentMessage } from './room-view.ts'
import { isMessages, isPage, isVersions } from './shapes.ts'

/**
 * A place in the history: older or newer than a seq, on both sides of one, or of a moment. None: the newest. `at`: a `Date`, or
 * ISO 8601; a date alone is where it begins in UTC, a time without a zone is ours.
 */
export type HistoryPlace = { before?: number; after?: number; around?: number; at?: Date | string; limit?: number }

/** A part of the history as it was, in order of seq. `more`: there are older ones; `newer`: newer ones. */
export type HistoryPage = { readonly messages: readonly SentMessage[]; readonly more: boolean; readonly newer: boolean }

/** What is read of a room, and not kept up to date by itself. */
export class History {
  readonly #at: string
  readonly #host: RoomHost

  constructor(roomId: RoomId, host: RoomHost) {
    this.#at = `/api/v1/rooms/${encodeURIComponent(roomId)}`
    this.#host = host
  }

  page({ at, ...place }: HistoryPlace & { thread?: number }): Promise<MessagePage> {
    const given = Object.entries({ ...place, at: at && instant(at) }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    )
    return this.#host.get(`${this.#at}/messages?${new URLSearchParams(given)}`, isPage)
  }
  async pins(): Promise<readonly Message[]> {
    return (await this.#host.get(`${this.#at}/pins`, isMessages)).messages
  }
  async versions(message: number): Promise<readonly Version[]> {
    return (await this.#host.get(`${this.#at}/messages/${message}/versions`, isVersions)).versions
  }
}

function instant(at: Date | string): string {
  const moment = new Date(at)
  if (Number.isNaN(moment.getTime())) throw new ParleyError('request.invalid', '`at` is no date')
  return moment.toISOString()
}

const REFETCHES = 5

/** Fetches a page until `take` has made something of it: it may have been overtaken by what changes it. */
export async function fetchUntil<T>(fetch: () => Promise<MessagePage>, take: (page: MessagePage) => T | null): Promise<T> {
  for (let fetched = 0; fetched < REFETCHES; fetched++) {
    const taken = take(await fetch())
    if (taken !== null) return taken
  }
  throw unanswered()
}

/** Adds the page before what a room shows, and tells whether there is more. */
export async function loadOlder(room: Attendance, history: History, limit: number): Promise<boolean> {
  const assertOpen = () => {
    if (room.over) throw room.over
  }
  assertOpen()
  if (!room.store.room.more) return false
  let before: number | undefined
  const fetch = () => {
    before = rooms.oldest(room.store)
    return history.page({ limit, ...(before !== undefined && { before }) })
  }
  return fetchUntil(fetch, (page) => {
    assertOpen()
    const store = rooms.withPage(room.store, before, page)
    if (store) room.update(store)
    return store?.room.more ?? null
  })
}
