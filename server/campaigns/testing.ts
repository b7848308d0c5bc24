import pg from 'pg'
import type { CampaignFields, CampaignId, CampaignPlace, MoveCampaign } from '../../client-sdk/contract/index.ts'
import type { Team } from '../brands/testing.ts'
import { commandId, type TestPerson, type World } from '../testing.ts'
import { createCampaign } from './create-campaign.ts'
import { moveCampaign } from './move-campaign.ts'

/** So many days from now, which may be before. */
export const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()
/** All that publishing takes. */
export const complete = (): Partial<CampaignFields> => ({
  brief: 'Show our serum in your morning',
  platforms: ['instagram'],
  applyBy: inDays(10),
  decideBy: inDays(20),
})

export const draft = (w: World, { brandId, owner }: Team, fields: Partial<CampaignFields> = {}): Promise<CampaignPlace> =>
  createCampaign(w.as(owner), { title: 'Morning glow', ...complete(), ...fields, brandId, commandId: commandId() })

export const move = (w: World, by: TestPerson, place: CampaignPlace, how: Omit<MoveCampaign, 'campaignId' | 'version' | 'commandId'>) =>
  moveCampaign(w.as(by), { campaignId: place.campaignId, version: place.version, commandId: commandId(), ...how })

export const published = async (w: World, brand: Team, fields: Partial<CampaignFields> = {}): Promise<CampaignPlace> =>
  move(w, brand.owner, await draft(w, brand, fields), { move: 'publish' })

/** As if so many ms had passed since all that was ever told in a campaign's room and those of its applications, behind the program's back. */
export async function age(w: World, campaignId: CampaignId, ms = 61_000): Promise<void> {
  const superuser = new pg.Client({ connectionString: w.url, options: '-c search_path=parley -c session_replication_role=replica' })
  await superuser.connect()
  const rooms = 'select room_id from campaign where id = $1 union all select room_id from application where campaign_id = $1'
  const older = `update event set at = at - make_interval(secs => $2) where stream_id in (${rooms})`
  await superuser.query(older, [campaignId, ms / 1_000]).finally(() => superuser.end())
}
