-- Deals. How one stands is what its events say, and they are read from the log: there is no second place that could say otherwise.
drop table offer;

-- A deal's own events, among however many messages.
create index event_deal on event (stream_id, seq) where type like 'application.%' or type like 'offer.%' or type like 'deliverable.%'
  or type like 'milestone.%' or type = 'log.erased';
-- With `n` it says how many messages there are between two events, without counting those that still say something.
create index message_deleted on message (room_id, seq) where deleted;

alter table application
  add column expires_at timestamptz,         -- until when the open offer is good: what the sweep looks for
  add column disputed_at timestamptz;        -- since when something of it waits for an administrator
create index application_expiring on application (expires_at) where expires_at is not null;
create index application_disputed on application (disputed_at, id) where disputed_at is not null;
create index application_cancelling on application (changed_at, id) where state like '%+%' and disputed_at is null;

-- When the session's person proved last who they are: what binds asks for it.
alter table session add column proved_at timestamptz;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;
