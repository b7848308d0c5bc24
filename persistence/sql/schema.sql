create table log_epoch (
  system_identifier bigint primary key,
  tx_offset bigint not null,
  since timestamptz not null default now()
);

create table stream (
  id uuid primary key,
  kind text not null check (kind in ('room', 'user', 'platform')),
  last_seq bigint not null default 0,
  last_hash bytea not null,
  last_tx bigint not null default 0,
  access_version bigint not null default 0,
  msg_count bigint not null default 0,
  last_at timestamptz
) with (fillfactor = 50); -- and no index on what changes: updates stay on the page (HOT)

create sequence event_pos;

create table event (
  stream_id uuid not null,
  seq bigint not null,
  tx bigint not null,              -- with pos, the order in which followers read
  pos bigint not null,
  id uuid not null,
  type text not null,
  version smallint not null,
  actor_key uuid not null,
  command_id uuid not null,
  n smallint not null,             -- which event of its command
  deal text,                       -- canonical JSON, the exact bytes that were hashed; never jsonb, which refuses some texts
  deal_salt bytea,
  personal text,
  personal_salt bytea,
  erased bytea,                    -- what the personal part committed to, once it is gone
  hash bytea not null,
  at timestamptz not null,
  primary key (stream_id, seq),
  check ((deal is null) = (deal_salt is null)),
  check ((personal is null) = (personal_salt is null)),
  check (erased is null or personal is null)
);
create index event_order on event (tx, pos);
create unique index event_command on event (stream_id, actor_key, command_id, n);

-- A message as it stands; its words stay in the log, in one place, so that erasing them there erases them.
create table message (
  room_id uuid not null,
  seq bigint not null,
  rev bigint not null,             -- the seq of the last event that changed it
  primary key (room_id, seq)
);

create table command (
  actor_id uuid not null,
  id uuid not null,
  name text not null,
  fingerprint bytea not null,
  result text not null,
  at timestamptz not null default now(),
  primary key (actor_id, id)
);

create table follower (
  name text not null,
  shard smallint not null,
  shards smallint not null,
  tx bigint not null default 0,
  pos bigint not null default 0,
  primary key (name, shard)
);

create table checkpoint (
  stream_id uuid not null,
  seq bigint not null,
  hash bytea not null,
  at timestamptz not null,
  key_id text not null,
  signature text not null,
  primary key (stream_id, seq)
);

create table checkpoint_key (
  id text primary key,
  jwk text not null,               -- public part only
  since timestamptz not null default now()
);

create table person (
  id uuid primary key,
  email text not null unique,
  name text not null,
  role text not null check (role in ('creator', 'brand', 'admin')),
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table session (
  id uuid primary key,
  person_id uuid not null references person (id) on delete cascade,
  created_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz
);
create index session_person on session (person_id);

create table refresh_token (
  hash bytea primary key,          -- SHA-256 of the token
  session_id uuid not null references session (id) on delete cascade,
  used_by uuid                     -- the command that exchanged it
);
create index refresh_token_session on refresh_token (session_id);

create table room (
  id uuid primary key references stream (id),
  kind text not null check (kind in ('campaign', 'application'))
);

create table member (
  room_id uuid not null references room (id),
  actor_key uuid not null,
  user_id uuid references person (id), -- null once the tie between key and person is erased
  role text not null check (role in ('owner', 'manager', 'viewer', 'creator')),
  since bigint not null,           -- the seq that added them; 0 where the room must not know
  removed_at timestamptz,
  primary key (room_id, actor_key),
  unique (room_id, user_id)
);
create index member_user on member (user_id);
