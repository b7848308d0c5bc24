import type { EntityManager } from '@mikro-orm/postgresql'
import type { ApplicationId, ApplicationState, CampaignId, RoomId } from '../../client-sdk/contract/index.ts'
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

/** Past the entity: the version of an application counts its moves. */
export async function saveDeadlines(
  em: EntityManager,
  applicationId: ApplicationId,
  { expiresAt, disputedAt }: { expiresAt: Date | null; disputedAt: Date | null },
): Promise<void> {
  await query(em, 'update application set expires_at = $2, disputed_at = $3 where id = $1', [applicationId, expiresAt, disputedAt])
}

/** Past the entity: its version is seen by the creator, who must not learn that there are notes. */
export async function saveNotesRoom(em: EntityManager, applicationId: ApplicationId, roomId: RoomId): Promise<void> {
  await query(em, 'update application set notes_room_id = $2 where id = $1', [applicationId, roomId])
}
