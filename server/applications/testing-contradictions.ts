const moves = `from event e where e.stream_id = a.room_id and e.type = 'application.statusChanged'`
const isOut = `a.state in ('declined', 'withdrawn', 'expired')`

/** Each finds an application without its events, or events without their application, anywhere in the database. */
export const applicationContradictions = {
  'an application that nobody submitted, or one submitted that is none': `
    select a.id from application a where not exists (
      select from event e where e.stream_id = a.room_id and e.seq = a.submitted and e.type = 'application.submitted' and e.deal::json ->> 'applicationId' = a.id::text)
    union all
    select e.stream_id from event e where e.type = 'application.submitted' and not exists (
      select from application a where a.room_id = e.stream_id and a.id::text = e.deal::json ->> 'applicationId')`,
  'an application that is not where its events lead': `
    select a.id from application a where a.version <> 1 + (select count(*) ${moves})
      or a.state <> coalesce((select e.deal::json ->> 'to' from event e
        where e.stream_id = a.room_id and e.type = 'application.statusChanged' order by e.seq desc limit 1), 'submitted')`,
  'an application whose last move is another than its last event’s': `
    select a.id from application a where a.moved is distinct from (select max(e.seq) ${moves})`,
  'applications that are counted wrong': `
    select from (select campaign_id, state, n from application_count where n <> 0) k
      full join (select campaign_id, state, count(*) as n from application group by 1, 2) r using (campaign_id, state) where k.n is distinct from r.n`,
  'terms that it came with, and no event of them, or the reverse': `
    select a.id from application a where a.has_terms <> exists (
      select from event e where e.stream_id = a.room_id and e.seq = a.submitted + 1 and e.type = 'offer.proposed'
         and e.deal::json ->> 'by' = 'creator' and e.deal::json ->> 'offer' = '1')`,
  'an applicant who is not in the campaign’s room, or one who is out of the running and is': `
    select a.id from application a join campaign c on c.id = a.campaign_id where ${isOut} = exists (
      select from member m where m.room_id = c.room_id and m.user_id = a.creator_id and m.removed_at is null)`,
  'a place in a campaign’s room that its creator was not told of': `
    select m.room_id from member m join room r on r.id = m.room_id
     where r.kind = 'campaign' and m.role = 'creator' and r.brand_id is not null and (m.removed_at is null) is distinct from (
      select e.type = 'membership.started' from event e where e.stream_id = m.user_id and e.type in ('membership.started', 'membership.ended')
         and e.deal::json ->> 'roomId' = m.room_id::text order by e.seq desc limit 1)`,
  'notes of no application, or with its creator in them': `
    select r.id from room r left join application a on a.notes_room_id = r.id where r.kind = 'notes'
       and (a.id is null or exists (select from member m where m.room_id = r.id and (m.user_id = a.creator_id or m.role = 'creator')))`,
}
