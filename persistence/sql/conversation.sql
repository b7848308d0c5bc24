-- What a room's members do with its messages. All of it belongs to the room's stream and is written only under its lock, so
-- nothing here refers to a room or a person: the reference would lock their rows after the stream's, and deadlock with whoever
-- holds them and waits for the stream.
alter table message
  add column n bigint,                            -- which of the room's messages it is: 1, 2, 3 …
  add column thread bigint,                       -- the seq that its thread began with
  add column replies int not null default 0,
  add column words bigint,                        -- the seq of the event that has its words, once they were changed
  add column edited_at timestamptz,
  add column deleted boolean not null default false,
  add column reactions text;                      -- canonical JSON, as the contract has them; null for none
update message m set n = c.n from (select room_id, seq, row_number() over (partition by room_id order by seq) as n from message) c
 where c.room_id = m.room_id and c.seq = m.seq;
alter table message alter column n set not null;
create index message_thread on message (room_id, thread, seq) where thread is not null;

-- Which events have changed a message's words.
create table edit (
  room_id uuid not null,
  message bigint not null,
  seq bigint not null,
  primary key (room_id, message, seq),
  foreign key (room_id, message) references message (room_id, seq)
);

create table pin (
  room_id uuid not null,
  seq bigint not null,
  since bigint not null,           -- the seq of the event that pinned it
  primary key (room_id, seq)
);

-- When a member last spoke in a room with slow mode.
create table spoke (
  room_id uuid not null,
  actor_key uuid not null,
  at timestamptz not null,
  primary key (room_id, actor_key)
);

-- Who is named in which message, but for those who named themselves.
create table mention (
  user_id uuid not null,
  room_id uuid not null,
  seq bigint not null,
  primary key (user_id, room_id, seq)
);
create index mention_message on mention (room_id, seq);

-- How far a member has read: not an event, and not under the stream's lock. What is unread is the room's `msg_count` less `n`.
create table reading (
  user_id uuid not null references person (id) on delete cascade,
  room_id uuid not null references room (id),
  seq bigint not null,
  n bigint not null,               -- how many of the room's messages that were
  muted boolean not null default false,
  primary key (user_id, room_id)
) with (fillfactor = 70);
create index reading_room on reading (room_id);
insert into reading (user_id, room_id, seq, n)
  select m.user_id, m.room_id, s.last_seq, s.msg_count from member m join stream s on s.id = m.room_id
   where m.user_id is not null and m.removed_at is null;

alter table room
  add column slow_mode int not null default 0,
  add column announcements_only boolean not null default false,
  add column members int not null default 0,
  add column told_members int not null default 0; -- those whom the room knows
update room r set members = c.members, told_members = c.told from (
  select room_id, count(*) as members, count(*) filter (where since > 0) as told from member where removed_at is null group by 1) c
 where c.room_id = r.id;

alter table person add column blocked_at timestamptz;

-- Who is in a room now. Everything that asks whether somebody may, asks here.
create view active_member as
  select m.room_id, m.actor_key, m.user_id, m.role, m.since from member m
   where m.removed_at is null and m.user_id is not null
     and not exists (select from person p where p.id = m.user_id and p.blocked_at is not null);

-- Holds everybody else off a room's stream until the transaction ends, so that what belongs to it can be looked at first.
create function lock_stream(p_id uuid) returns bigint
language sql security definer set search_path = parley, pg_catalog, pg_temp
as $$
  select last_seq from stream where id = p_id for update
$$;

-- The seq of the first event at or after a moment, or the next one to come. Time rises with seq, as far as clocks go, so
-- halving finds it.
create function seq_at(p_stream uuid, p_at timestamptz) returns bigint
language plpgsql stable set search_path = parley, pg_catalog, pg_temp
as $$
declare
  low bigint := 1;
  high bigint := (select last_seq + 1 from stream where id = p_stream);
  middle bigint;
begin
  while low < high loop
    middle := (low + high) / 2;
    if (select at from event where stream_id = p_stream and seq = middle) < p_at then low := middle + 1; else high := middle; end if;
  end loop;
  return low;
end $$;
