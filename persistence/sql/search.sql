-- What messages say, to be searched: filled by a follower of the log, some moments behind it. Every lexeme begins with the
-- mark of the room's part that its message is in, so that what the index lists for a word is of this part alone: neither the
-- work nor the time of a search depends on what is said in other rooms. Two more lexemes, which no text can have, stand for
-- the part and for the author.
create table message_search (
  room_id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  words tsvector not null,
  primary key (room_id, seq)
);
-- A list of pending entries would be read through once for each part of a room that a search looks into.
create index message_search_words on message_search using gin (words) with (fastupdate = off);
create index message_search_at on message_search (room_id, at);

-- A part of a room is 4,096 seqs: what a search may have to read to find the newest of many hits.
create function search_part(p_seq bigint) returns bigint
language sql immutable as 'select p_seq >> 12';
-- 48 bits: two parts may share one, hence the room is compared, too.
create function search_mark(p_id uuid, p_part bigint) returns text
language sql immutable
as $$ select left(encode(sha256(uuid_send(p_id) || int8send(p_part)), 'base64'), 8) $$;
-- A tsvector or a tsquery of bare words, as text, with every lexeme marked.
create function search_marked(p_lexemes text, p_mark text) returns text
language sql immutable
as $$ select regexp_replace(p_lexemes, '''([^'']+)''', '''' || p_mark || '\1''', 'g') $$;
create function search_wanted(p_query tsquery, p_room uuid, p_part bigint, p_author uuid) returns tsquery
language sql immutable
as $$
  select search_marked(p_query::text, search_mark(p_room, p_part))::tsquery
    && quote_literal(search_mark(p_room, p_part) || '@' || coalesce(search_mark(p_author, 0), ''))::tsquery
$$;
create function search_words(p_room uuid, p_seq bigint, p_author uuid, p_text text) returns tsvector
language plpgsql immutable set search_path = parley, pg_catalog, pg_temp
as $$
declare
  mark text := search_mark(p_room, search_part(p_seq));
begin
  return search_marked(to_tsvector('english', p_text)::text, mark)::tsvector
    || array_to_tsvector(array[mark || '@', mark || '@' || search_mark(p_author, 0)]);
end $$;

-- Who writes words that were read before holds off whoever takes words out of the log, until its commit. In between they do not
-- hold each other off.
create function hold_erasures() returns void
language sql
as $$ select pg_advisory_xact_lock(7271960) $$;

-- What was erased is out of here in the same commit, whether the follower runs or not, and though it writes at that moment. If
-- that was only an earlier version of a message, the follower brings its latest words back.
create function forget_words() returns trigger
language plpgsql security definer set search_path = parley, pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock_shared(7271960); -- before the next statement's snapshot
  delete from message_search
   where room_id = new.stream_id
     and seq = case when new.type = 'chat.messageEdited' then (new.deal::json ->> 'message')::bigint else new.seq end;
  return null;
end $$;
create trigger forget_words after update on event for each row execute function forget_words();

-- The newest messages that match and that this person may read, in one snapshot with their memberships. Rooms are looked into
-- by last activity and each from its newest part on, until nothing newer than what was found can come; this rests on
-- time rising with seq, as far as clocks go. What was taken back is left out though the follower has not heard of it; this is asked
-- after sorting, of the newest only. The settings keep every plan in here by index.
create function search_messages(
  p_user uuid,
  p_room uuid,               -- null for all of their rooms
  p_query tsquery,
  p_author uuid,
  p_after timestamptz,       -- at or after
  p_before timestamptz,
  p_at timestamptz, p_at_room uuid, p_at_seq bigint,  -- only what comes after this place
  p_limit int
) returns table (room_id uuid, seq bigint, at timestamptz)
language plpgsql stable
set search_path = parley, pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  rooms uuid[] := '{}'; seqs bigint[] := '{}'; times timestamptz[] := '{}';   -- the best so far, the newest first
  least_at timestamptz;      -- what is older need not be looked at any more
  latest timestamptz := least(p_before, p_at);
  r record; part bigint; wanted tsquery; few int; some_seqs bigint[]; some_times timestamptz[];
  ceiling timestamptz; first_at timestamptz;
begin
  if numnode(p_query) = 0 then return; end if;
  least_at := p_after;
  for r in
    select m.room_id, s.last_seq, s.last_at from active_member m join stream s on s.id = m.room_id
     where p_room is null and m.user_id = p_user
    union all
    select m.room_id, s.last_seq, s.last_at from active_member m join stream s on s.id = m.room_id
     where m.room_id = p_room and m.user_id = p_user
    order by 3 desc nulls last
  loop
    exit when r.last_at < least_at;
    ceiling := r.last_at;
    -- Of a frequent word's newest hits only a short time is left to look at: there it is quicker to read all that was said.
    few := null;
    if least_at is not null then
      few := (select count(*) from (select from message_search t where t.room_id = r.room_id and t.at >= least_at
                 and t.at <= coalesce(latest, 'infinity') limit 32) u);
      continue when few = 0;
    end if;
    for part in reverse (case when few < 32 then 0 else search_part(r.last_seq) end) .. 0 loop
      exit when ceiling < least_at;
      first_at := case when part > 0 then (select at from event where stream_id = r.room_id and seq = part << 12) end;
      ceiling := first_at;
      continue when first_at > latest;

      if few < 32 then
        wanted := search_wanted(p_query, r.room_id, search_part(r.last_seq), p_author);
        select array_agg(h.seq), array_agg(h.at) into some_seqs, some_times
          from (select t.seq, t.at from (select t.room_id, t.seq, t.at from message_search t
                 where t.room_id = r.room_id and t.at >= least_at and t.at <= coalesce(latest, 'infinity')
                   and t.words @@ case when search_part(t.seq) = search_part(r.last_seq) then wanted
                                       else search_wanted(p_query, t.room_id, search_part(t.seq), p_author) end
                   and (p_before is null or t.at < p_before)
                   and (p_at is null or (t.at, t.room_id, t.seq) < (p_at, p_at_room, p_at_seq))
                 order by t.at desc, t.seq desc) t
               where not exists (select from message m where m.room_id = t.room_id and m.seq = t.seq and m.deleted)
               order by t.at desc, t.seq desc limit p_limit) h;
      else
        wanted := search_wanted(p_query, r.room_id, part, p_author);
        -- `is not distinct from` is no condition for an index: the way in must be the words.
        select array_agg(h.seq), array_agg(h.at) into some_seqs, some_times
          from (select t.seq, t.at from (select t.room_id, t.seq, t.at from message_search t
                 where t.words @@ wanted and t.room_id is not distinct from r.room_id
                   and (least_at is null or t.at >= least_at) and (p_before is null or t.at < p_before)
                   and (p_at is null or (t.at, t.room_id, t.seq) < (p_at, p_at_room, p_at_seq))
                 order by t.at desc, t.seq desc) t
               where not exists (select from message m where m.room_id = t.room_id and m.seq = t.seq and m.deleted)
               order by t.at desc, t.seq desc limit p_limit) h;
      end if;
      continue when some_seqs is null;

      select array_agg(u.room_id), array_agg(u.seq), array_agg(u.at) into rooms, seqs, times
        from (select * from unnest(rooms, seqs, times) as best (room_id, seq, at)
              union all select r.room_id, n.seq, n.at from unnest(some_seqs, some_times) as n (seq, at)
              order by 3 desc, 1 desc, 2 desc limit p_limit) u;
      if cardinality(seqs) = p_limit then least_at := times[p_limit]; end if;
    end loop;
  end loop;
  return query select * from unnest(rooms, seqs, times);
end $$;
