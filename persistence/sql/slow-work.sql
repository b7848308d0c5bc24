-- Slow work: what is done at a moment, and what is mailed about it. How far it has come, Temporal knows; what it has come to, these rows.

-- A draft that publishes itself.
alter table campaign add column opens_at timestamptz;
create index campaign_opening on campaign (opens_at) where state = 'draft' and opens_at is not null;

-- By this whoever has a mail can say that they want no more of its kind, without signing in. It lets do nothing else.
alter table person add column mail_key uuid not null unique default gen_random_uuid();

alter table mail
  add column html text,                      -- null for text alone
  add column kind text,                      -- null for what nobody can do without
  add column user_id uuid references person (id) on delete cascade, -- null where the reader has no account
  add column died_at timestamptz;            -- nobody would take it: an administrator decides
create index mail_dead on mail (died_at desc, id desc) where died_at is not null;

-- What somebody was told once and is to be told no more, by a name that its teller makes.
create table told (
  name text primary key,
  at timestamptz not null default clock_timestamp()
);

-- How many of the room's messages a digest has told of, or is never to tell of, and up to which seq that was. Nobody is told of what was
-- there before there were digests.
alter table reading add column mailed bigint not null default 0, add column mailed_seq bigint not null default 0;
update reading g set mailed = s.msg_count, mailed_seq = s.last_seq from stream s where s.id = g.room_id;

-- A brand's week, from Monday to Monday in UTC; `figures` as the contract has them.
create table brand_week (
  brand_id uuid not null references brand (id),
  week date not null,
  figures text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (brand_id, week)
);

-- What a creator was in a week: new (their account was made in it), active (did something in it and in the week before), or returning
-- (did something in it, and nothing in the week before). Who did nothing is not here.
create table creator_week (
  week date not null,
  user_id uuid not null references person (id) on delete cascade,
  cohort text not null check (cohort in ('new', 'active', 'returning')),
  primary key (week, user_id)
);
create index creator_week_cohort on creator_week (week, cohort);

-- Who has a mail in hand, and what it is for.
alter table mail
  add column language text,                  -- BCP 47, of its words; null where nobody said
  add column held_until timestamptz,         -- somebody is sending it; `next_at` says when to look at it, which is another thing
  add column revived_at timestamptz,         -- an administrator had it sent again: its time counts from there
  add column invitation_id uuid;             -- whose code it has; no reference, as it is of no use once the invitation is gone, and says so
