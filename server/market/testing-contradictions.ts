/** Each finds a brand, its team or a campaign without their events, or the reverse, anywhere in the database. */
export const marketContradictions = {
  'a campaign that is not where its events lead': `
    select c.id from campaign c where
      c.state <> coalesce((select e.deal::json ->> 'to' from event e
        where e.stream_id = c.room_id and e.type = 'campaign.statusChanged' order by e.seq desc limit 1), 'draft')
      or c.version <> 1 + (select count(*) from event e where e.stream_id = c.room_id and e.type in ('campaign.changed', 'campaign.statusChanged'))
      or not exists (select from event e where e.stream_id = c.room_id and e.type = 'campaign.created' and e.deal::json ->> 'campaignId' = c.id::text)`,
  'a campaign whose last move is another than its last event’s': `
    select c.id from campaign c where c.moved is distinct from (
      select max(e.seq) from event e where e.stream_id = c.room_id and e.type = 'campaign.statusChanged')`,
  'somebody whose role in a room no event gave them': `
    select m.room_id from member m where m.since > 0 and m.removed_at is null and m.role <> (select e.deal::json ->> 'role' from event e
      where e.stream_id = m.room_id and e.type in ('room.memberAdded', 'room.roleChanged') and e.deal::json ->> 'member' = m.actor_key::text
      order by e.seq desc limit 1)`,
  'one of a team whom no event made that': `
    select t.brand_id from team_member t where (t.removed_at is null, t.role) is distinct from (
      select (e.type <> 'brand.memberRemoved', e.deal::json ->> 'role') from event e
       where e.stream_id = t.brand_id and e.type in ('brand.memberAdded', 'brand.roleChanged', 'brand.memberRemoved')
         and e.deal::json ->> 'member' = t.actor_key::text order by e.seq desc limit 1)`,
  'a room of a brand with others of its side in it than its team': `
    select r.id from room r where r.brand_id is not null and exists (
      (select t.user_id, t.role from team_member t where t.brand_id = r.brand_id and t.removed_at is null
       except select m.user_id, m.role from member m where m.room_id = r.id and m.removed_at is null)
      union all
      (select m.user_id, m.role from member m where m.room_id = r.id and m.removed_at is null and m.role <> 'creator'
       except select t.user_id, t.role from team_member t where t.brand_id = r.brand_id and t.removed_at is null))`,
}
