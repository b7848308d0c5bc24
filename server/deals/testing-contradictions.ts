const of = (type: string) => `event e where e.stream_id = a.room_id and e.type ${type}`
const offer = `(e.deal::json ->> 'offer')::int`
/** What became of a version, but for a counter, which the next version tells. */
const ends = `in ('offer.accepted', 'offer.declined', 'offer.withdrawn', 'offer.expired')`
const isFinal = `a.state in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled')`
/** Each version with its terms' hash, who proposed it, and the seq at which something became of it. */
const versions = `
  select a.id, a.room_id, a.state, a.expires_at, e.seq, ${offer} as offer, e.deal::json ->> 'hash' as hash, e.deal::json ->> 'by' as by,
    (e.deal::json ->> 'validUntil')::timestamptz as until,
    (select min(x.seq) from event x where x.stream_id = a.room_id and x.seq > e.seq and (x.type = 'offer.proposed'
      or x.type ${ends} and x.deal::json ->> 'offer' = e.deal::json ->> 'offer'
      or x.type = 'application.statusChanged' and x.deal::json ->> 'to' in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled'))) as closed
   from application a join event e on e.stream_id = a.room_id and e.type = 'offer.proposed'`

/** Each finds a deal that its events do not give, or events that no deal may have, anywhere in the database. */
export const dealContradictions = {
  'versions that are not numbered 1, 2, 3 …': `
    select a.id from application a where exists (
      select from (select ${offer} as n, row_number() over (order by e.seq) as place from ${of(`= 'offer.proposed'`)}) v where v.n <> v.place)`,
  'an end of a version that was over already, or that nobody proposed': `
    select a.id from application a join event e on e.stream_id = a.room_id and e.type ${ends}
     where not exists (select from (${versions}) v where v.id = a.id and v.offer = ${offer} and v.closed = e.seq)`,
  'an acceptance of other terms, or by the side that proposed them': `
    select a.id from application a join event e on e.stream_id = a.room_id and e.type = 'offer.accepted' join (${versions}) v
        on v.id = a.id and v.offer = ${offer} where v.hash <> e.deal::json ->> 'hash' or v.by = e.deal::json ->> 'by'`,
  'terms that were accepted twice': `
    select a.id from application a, lateral (select ${offer} as n from ${of(`= 'offer.accepted'`)}) x group by a.id, x.n having count(*) > 1`,
  'a deal that nobody agreed to, or an agreement without a deal': `
    select a.id from application a where exists (select from ${of(`= 'offer.accepted'`)}) <>
      exists (select from ${of(`= 'application.statusChanged'`)} and e.deal::json ->> 'to' = 'agreed' and e.deal::json ->> 'move' = 'accept')`,
  'terms that were proposed when it was over': `
    select a.id from application a join event e on e.stream_id = a.room_id and e.type = 'offer.proposed' where ${isFinal} and e.seq > a.moved`,
  'a time limit that is not the open version’s': `
    select a.id from application a where a.expires_at is distinct from (select v.until from (${versions}) v where v.id = a.id and v.closed is null)`,
  'work or a payment that moved from where it was not': `
    select a.id from application a, lateral (
      select e.deal::json ->> 'from' as was, lag(e.deal::json ->> 'to', 1, 'due') over (
        partition by e.type, coalesce(e.deal::json ->> 'deliverable', e.deal::json ->> 'milestone') order by e.seq) as stood
        from ${of(`in ('deliverable.statusChanged', 'milestone.statusChanged')`)}) m where m.was <> m.stood`,
  // An amendment may cancel work that is disputed, and says nothing of it by itself.
  'a dispute that no administrator is told of, or one that is none': `
    select a.id from application a cross join lateral (
      select count(*) as disputed, count(*) filter (where m.type = 'milestone.statusChanged' or m.seq > agreed) as surely from (
        select distinct on (e.type, coalesce(e.deal::json ->> 'deliverable', e.deal::json ->> 'milestone')) e.type, e.seq, e.deal::json ->> 'to' as at,
          (select max(x.seq) from event x where x.stream_id = a.room_id and x.type = 'offer.accepted') as agreed
          from ${of(`in ('deliverable.statusChanged', 'milestone.statusChanged')`)}
         order by e.type, coalesce(e.deal::json ->> 'deliverable', e.deal::json ->> 'milestone'), e.seq desc) m
       where m.at = 'disputed' and (m.type = 'milestone.statusChanged' or not ${isFinal})) d
     where case when a.disputed_at is null then d.surely > 0 else d.disputed = 0 end`,
}
