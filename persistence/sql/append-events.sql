-- The one door into the log. Adds entries, given as arrays of equal length, and answers each: appended, repeat
-- (known already: the first one's place), reused (known with other content), stale (rights changed since they were
-- checked), busy (its stream is locked; only when p_wait is false), missing (no such stream).
--
-- The caller must run at READ COMMITTED. Every plan in here must be by index at every batch size, hence the settings:
-- a join on event becomes a scan as the table grows.
create function append_events(
  p_wait boolean,            -- wait for locks, or answer busy
  p_raises uuid[],           -- streams whose access_version rises
  p_stream uuid[], p_id uuid[], p_type text[], p_version smallint[], p_actor uuid[], p_command uuid[], p_n smallint[],
  p_deal text[], p_deal_salt bytea[], p_deal_commitment bytea[],
  p_personal text[], p_personal_salt bytea[], p_personal_commitment bytea[],
  p_access bigint[],         -- the access_version of its own stream that the permission check saw; null for the system
  p_mentions text[],         -- whom a message names: an array of member keys, or null
  p_checked uuid[],          -- other streams that it rests on, whether they get an entry or not, and their access_version
  p_checked_access bigint[]
) returns table (i int, outcome text, seq bigint, at text, access bigint)
language plpgsql security definer
set search_path = parley, pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  ids uuid[]; seqs bigint[]; hashes bytea[]; txs bigint[]; access_versions bigint[];   -- the locked streams, in id order
  counts bigint[]; messages bigint[]; touched boolean[]; raised boolean[];
  k int := 0;                                                                          -- the current stream's place in them
  e record; known record;
  size int := cardinality(p_stream);
  r_outcome text[] := array_fill(null::text, array[size]);
  r_seq bigint[] := array_fill(null::bigint, array[size]);
  r_at text[] := array_fill(null::text, array[size]);
  r_tx bigint[] := array_fill(null::bigint, array[size]);
  r_pos bigint[] := array_fill(null::bigint, array[size]);
  r_hash bytea[] := array_fill(null::bytea, array[size]);
  r_access bigint[] := array_fill(null::bigint, array[size]);
  r_n bigint[] := array_fill(null::bigint, array[size]);
  is_threaded boolean := false; is_mentioning boolean := false;
  tx bigint := pg_current_xact_id()::text::bigint + (select max(tx_offset) from log_epoch);
  now_at timestamptz;
  now_text text;
begin
  if p_wait then
    select array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_hash), array_agg(l.last_tx), array_agg(l.access_version),
           array_agg(l.msg_count)
      into ids, seqs, hashes, txs, access_versions, counts
      from (select s.id, s.last_seq, s.last_hash, s.last_tx, s.access_version, s.msg_count from stream s
             where s.id = any(p_stream || p_raises || p_checked) order by s.id for update) l;
  else
    select array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_hash), array_agg(l.last_tx), array_agg(l.access_version),
           array_agg(l.msg_count)
      into ids, seqs, hashes, txs, access_versions, counts
      from (select s.id, s.last_seq, s.last_hash, s.last_tx, s.access_version, s.msg_count from stream s
             where s.id = any(p_stream || p_raises || p_checked) order by s.id for update skip locked) l;
  end if;
  ids := coalesce(ids, '{}');
  raised := array_fill(false, array[cardinality(ids)]);
  if cardinality(p_raises) > 0 then -- side by side, as a brand's rooms can be many thousands
    for e in select distinct r.id from unnest(p_raises) as r (id) order by 1 loop
      while k < cardinality(ids) and (k = 0 or ids[k] < e.id) loop
        k := k + 1;
      end loop;
      if k = 0 or ids[k] <> e.id then
        raise exception 'a stream to raise does not exist or is busy' using errcode = 'no_data_found';
      end if;
      raised[k] := true;
    end loop;
    k := 0;
  end if;
  if exists (select from unnest(p_checked, p_checked_access) c (id, access)
              where c.access is distinct from access_versions[array_position(ids, c.id)]) then
    return query select u.i::int, 'stale'::text, null::bigint, null::text, null::bigint from unnest(p_stream) with ordinality as u (stream, i);
    return;
  end if;
  messages := array_fill(0::bigint, array[cardinality(ids)]);
  touched := array_fill(false, array[cardinality(ids)]);

  -- Only now: before the locks were held, another clock reading or another node's commit could still come in between.
  now_at := date_trunc('milliseconds', clock_timestamp());
  now_text := to_char(now_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

  -- A new statement, with a new snapshot: the first one's is older than its wait for the locks, and would not see a
  -- command that another node committed meanwhile.
  for e in
    select u.i::int, u.stream, u.id, u.type, u.version, u.actor, u.access, u.deal, u.personal, u.deal_c, u.personal_c,
           (select ev.seq from event ev where ev.stream_id = u.stream and ev.actor_key = u.actor
               and ev.command_id = u.command and ev.n = u.n) as known_seq,
           (min(u.i) over (partition by u.stream, u.actor, u.command, u.n))::int as first
      from unnest(p_stream, p_id, p_type, p_version, p_actor, p_command, p_n, p_deal, p_deal_commitment,
                  p_personal, p_personal_commitment, p_access)
           with ordinality as u (stream, id, type, version, actor, command, n, deal, deal_c, personal, personal_c, access, i)
     order by u.stream, u.i
  loop
    while k < cardinality(ids) and (k = 0 or ids[k] < e.stream) loop
      k := k + 1;
    end loop;

    if k = 0 or ids[k] <> e.stream then
      r_outcome[e.i] := case when p_wait then 'missing' else 'busy' end;
      continue;
    end if;
    r_access[e.i] := access_versions[k] + raised[k]::int;
    if e.access is not null and e.access <> access_versions[k] then
      r_outcome[e.i] := 'stale';
    elsif e.known_seq is not null then
      select ev.type, ev.deal, ev.personal, ev.erased is not null as is_erased,
             to_char(ev.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
        into known from event ev where ev.stream_id = e.stream and ev.seq = e.known_seq;
      if known.type = e.type and known.deal is not distinct from e.deal
         and (known.is_erased or known.personal is not distinct from e.personal) then
        r_outcome[e.i] := 'repeat'; r_seq[e.i] := e.known_seq; r_at[e.i] := known.at;
      else
        r_outcome[e.i] := 'reused';
      end if;
    elsif e.first < e.i and r_outcome[e.first] = 'appended' then
      if p_type[e.first] = e.type and p_deal[e.first] is not distinct from e.deal
         and p_personal[e.first] is not distinct from e.personal then
        r_outcome[e.i] := 'repeat'; r_seq[e.i] := r_seq[e.first]; r_at[e.i] := now_text;
      else
        r_outcome[e.i] := 'reused';
      end if;
    else
      -- greatest: a transaction that drew its id before it waited for this lock must still sort after the one before it.
      txs[k] := greatest(tx, txs[k]);
      seqs[k] := seqs[k] + 1;
      hashes[k] := sha256('\x7061726c65792f6576656e742f31'::bytea || hashes[k] || convert_to(
        '{"actor":"' || e.actor || '","at":"' || now_text || '","id":"' || e.id || '","seq":' || seqs[k] || ',"stream":"' ||
        e.stream || '","type":"' || e.type || '","version":' || e.version || '}', 'UTF8') || e.deal_c || e.personal_c);
      r_outcome[e.i] := 'appended'; r_seq[e.i] := seqs[k]; r_at[e.i] := now_text;
      r_tx[e.i] := txs[k]; r_pos[e.i] := nextval('event_pos'); r_hash[e.i] := hashes[k];
      touched[k] := true;
      if e.type = 'chat.messageSent' then
        messages[k] := messages[k] + 1;
        r_n[e.i] := counts[k] + messages[k];
        is_threaded := is_threaded or e.deal is not null;
        is_mentioning := is_mentioning or p_mentions[e.i] is not null;
      end if;
    end if;
  end loop;

  insert into event (stream_id, seq, tx, pos, id, type, version, actor_key, command_id, n,
                     deal, deal_salt, personal, personal_salt, hash, at)
    select u.stream, u.seq, u.tx, u.pos, u.id, u.type, u.version, u.actor, u.command, u.n,
           u.deal, u.deal_salt, u.personal, u.personal_salt, u.hash, now_at
      from unnest(p_stream, r_seq, r_tx, r_pos, p_id, p_type, p_version, p_actor, p_command, p_n,
                  p_deal, p_deal_salt, p_personal, p_personal_salt, r_hash, r_outcome)
           as u (stream, seq, tx, pos, id, type, version, actor, command, n, deal, deal_salt, personal, personal_salt, hash, outcome)
     where u.outcome = 'appended';

  insert into message (room_id, seq, rev, n, thread)
    select u.stream, u.seq, u.seq, u.n, (u.deal::json ->> 'thread')::bigint
      from unnest(p_stream, r_seq, r_n, p_deal) as u (stream, seq, n, deal) where u.n is not null;

  if is_threaded then
    update message m set replies = m.replies + u.answers, rev = u.last
      from (select r.stream, (r.deal::json ->> 'thread')::bigint as thread, count(*) as answers, max(r.seq) as last
              from unnest(p_stream, r_seq, r_n, p_deal) as r (stream, seq, n, deal)
             where r.n is not null and r.deal is not null group by 1, 2) u
     where m.room_id = u.stream and m.seq = u.thread;
  end if;

  if is_mentioning then
    insert into mention (user_id, room_id, seq)
      select m.user_id, u.stream, u.seq
        from unnest(p_stream, r_seq, r_n, p_mentions) as u (stream, seq, n, mentions)
        cross join lateral unnest(u.mentions::uuid[]) as k (key)
        join member m on m.room_id = u.stream and m.actor_key = k.key
       where u.n is not null and m.user_id is not null
      on conflict do nothing;
  end if;

  update stream s
     set last_seq = u.seq, last_hash = u.hash, last_tx = u.tx, msg_count = s.msg_count + u.messages,
         last_at = case when u.touched then now_at else s.last_at end,
         access_version = s.access_version + u.raised::int
    from unnest(ids, seqs, hashes, txs, messages, touched, raised) as u (id, seq, hash, tx, messages, touched, raised)
   where s.id = u.id and (u.touched or u.raised);

  return query select u.i::int, u.outcome, u.seq, u.at, u.access
    from unnest(r_outcome, r_seq, r_at, r_access) with ordinality as u (outcome, seq, at, access, i);
end $$
