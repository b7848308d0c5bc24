import type { EntityManager } from '@mikro-orm/postgresql'
import { canonical, type Json } from '../../client-sdk/contract/canonical.ts'
import type { ApplicationId, ApplicationState, CampaignId, RoomId, Terms } from '../../client-sdk/contract/index.ts'
import { query } from '../sql.ts'

/** Counts an application into a state, and out of the one that it was in. Always in one order: two moves could wait for each other. */
export async function countMove(
  em: EntityManager,
  campaignId: CampaignId,
  from: ApplicationState | null,
  to: ApplicationState,
): Promise<void> {
  const changes = [...(from ? [{ state: from, by: -1 }] : []), { state: to, by: 1 }].sort((a, b) => (a.state < b.state ? -1 : 1))
  for (const { state, by } of changes) {
    await query(
      em,
      `insert into application_count as k (campaign_id, state, n) values ($1, $2, $3)
       on conflict (campaign_id, state) do update set n = k.n + excluded.n`,
      [campaignId, state, by],
    )
  }
}

/** The first terms, which come with the application: the exact bytes that the log has. */
export async function saveFirstTerms(em: EntityManager, applicationId: ApplicationId, terms: Terms, at: Date): Promise<void> {
  await query(em, `insert into offer (application_id, version, by_side, terms, state, at) values ($1, 1, 'creator', $2, 'proposed', $3)`, [
    applicationId,
    canonical(terms as unknown as Json),
    at,
  ])
}

/** Past the entity: its version is seen by the creator, who must not learn that there are notes. */
export async function saveNotesRoom(em: EntityManager, applicationId: ApplicationId, roomId: RoomId): Promise<void> {
  await query(em, 'update application set notes_room_id = $2 where id = $1', [applicationId, roomId])
}
