-- Who is there now. The first three tables are unlogged: a crash empties them, and the nodes that live fill them again.
create unlogged table node (
  id uuid primary key,
  beat_at timestamptz not null,    -- by the database's clock, as everything here
  beats bigint not null default 0  -- so that one that was given up and comes late overwrites nothing
);

-- What a node's sockets have open: member keys with commas between. A person who hides is in none.
create unlogged table presence (
  node_id uuid not null references node (id) on delete cascade,
  room_id uuid not null,
  active text not null,
  away text not null,              -- none that is in `active`
  tx xid8 not null,                -- who wrote it last, so that what changed is found without a look at the rest
  primary key (node_id, room_id)
);
create index presence_changed on presence (tx);

create unlogged table online (
  node_id uuid not null references node (id) on delete cascade,
  user_id uuid not null,
  sockets int not null,
  away boolean not null,
  primary key (node_id, user_id)
);
create index online_user on online (user_id);

create table last_seen (
  user_id uuid primary key references person (id) on delete cascade,
  at timestamptz not null
);

alter table person add column presence text not null default 'shown' check (presence in ('shown', 'hidden'));
