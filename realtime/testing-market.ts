import {
  type ApplicationPlace,
  type BrandId,
  type CampaignFields,
  type CampaignId,
  type RoomId,
  SYSTEM,
  type Terms,
  type Whisper,
} from '../client-sdk/contract/index.ts'
import { erase } from '../persistence/erasure.ts'
import { moveApplication } from '../server/applications/move-application.ts'
import { submitApplication } from '../server/applications/submit-application.ts'
import { makeTeam, type Team } from '../server/brands/testing.ts'
import { createCampaign } from '../server/campaigns/create-campaign.ts'
import { moveCampaign } from '../server/campaigns/move-campaign.ts'
import { commandId, type TestPerson, type World } from '../server/testing.ts'
import type { TestClient, TestHub } from './testing.ts'

const DAY = 86_400_000
const after = (days: number) => new Date(Date.now() + days * DAY).toISOString()
type Place = { campaignId: CampaignId; roomId: RoomId }

/** A draft that could be published. */
export async function draft(
  w: World,
  { brandId, owner }: Pick<Team, 'brandId' | 'owner'>,
  said: Partial<CampaignFields> = {},
): Promise<Place> {
  const fields = { title: 'A campaign', brief: 'Words', platforms: ['youtube'], applyBy: after(10), decideBy: after(20), ...said }
  const { campaignId } = await createCampaign(w.as(owner), { commandId: commandId(), brandId, ...fields })
  const { rows } = await w.db.pool.query<{ room_id: RoomId }>('select room_id from campaign where id = $1', [campaignId])
  return { campaignId, roomId: rows[0]!.room_id }
}
export const publish = (w: World, owner: TestPerson, campaignId: CampaignId) =>
  moveCampaign(w.as(owner), { commandId: commandId(), campaignId, version: 1, move: 'publish' })

export type Market = Team & { campaignId: CampaignId; campaignRoom: RoomId }
/** A brand with its team, and a campaign of it that takes applications. */
export async function market(w: World, said: Partial<CampaignFields> = {}): Promise<Market> {
  const team = await makeTeam(w)
  const { campaignId, roomId: campaignRoom } = await draft(w, team, said)
  await publish(w, team.owner, campaignId)
  return { ...team, campaignId, campaignRoom }
}

export const terms: Terms = {
  fee: { amount: 120_000, currency: 'EUR' },
  deliverables: [{ platform: 'youtube', format: 'Video', count: 1, due: null }],
  usage: { channels: [], territories: ['001'], months: 12 },
  exclusivity: null,
  revisionRounds: 1,
  payments: [{ amount: 120_000, due: 'onApproval' }],
  clauses: [],
  nonce: '0'.repeat(32),
}
export const apply = (w: World, creator: TestPerson, campaignId: CampaignId, terms: Terms | null = null): Promise<ApplicationPlace> =>
  submitApplication(w.as(creator), { commandId: commandId(), campaignId, cover: 'I would love to', answers: [], terms })
export const shortlist = (w: World, by: TestPerson, { applicationId, version }: ApplicationPlace) =>
  moveApplication(w.as(by), { commandId: commandId(), applicationId, version, move: 'shortlist' })

/** Erases what was said at this place. */
export async function forget(w: World, roomId: RoomId, seq: number): Promise<void> {
  const by = { streamId: roomId, actor: SYSTEM, commandId: commandId(), accessVersion: null }
  await w.db.orm.em.fork().transactional((em) => erase(em, w.db.log, { ...by, seqs: [seq], reason: 'personRequest' }))
}

export type ListReader = TestClient & { lists: Whisper<'lists.changed'>[] }
/** A client that keeps what it hears of its lists. */
export async function listReader(h: TestHub, person: TestPerson, url?: string): Promise<ListReader> {
  const client = await h.client(person, {}, url)
  const lists: ListReader['lists'] = []
  client.socket.on('lists.changed', (change) => lists.push(change))
  return { ...client, lists }
}
export const applicationsHeard = ({ lists }: ListReader) => lists.flatMap(({ applications }) => applications)
export const campaignsHeard = ({ lists }: ListReader) => lists.flatMap(({ campaigns }) => campaigns)
export const brandsHeard = ({ lists }: ListReader): BrandId[] => lists.flatMap(({ brands }) => brands)
