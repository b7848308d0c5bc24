-- Deals. How one stands is what its events say, and they are read from the log: there is no second place that could say otherwise.
drop table offer;

-- A deal's own events, among however many messages.
create index event_deal on event (stream_id, seq) where type like 'application.%' or type like 'offer.%' or type like 'deliverable.%'
  or type like 'milestone.%' or type = 'log.erased';

alter table application
  add column expires_at timestamptz,         -- until when the open offer is good: what the sweep looks for
  add column disputed_at timestamptz;        -- since when something of it waits for an administrator
create index application_expiring on application (expires_at) where expires_at is not null;
create index application_disputed on application (disputed_at, id) where disputed_at is not null;

-- When the session's person proved last who they are: what binds asks for it.
alter table session add column proved_at timestamptz;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;
