create function create_stream(p_id uuid, p_kind text) returns void
language sql security definer set search_path = parley, pg_catalog, pg_temp
as $$
  insert into stream (id, kind, last_hash) values (p_id, p_kind, sha256(convert_to('parley/genesis/1' || p_id::text, 'UTF8')))
$$;
