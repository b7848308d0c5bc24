create function create_stream(p_id uuid, p_kind text) returns void
language sql security definer set search_path = parley, pg_catalog, pg_temp
as $$
  insert into stream (id, kind, last_hash) values (p_id, p_kind, sha256(convert_to('parley/genesis/1' || p_id::text, 'UTF8')))
$$;

-- An event changes once and in one way: its personal part goes, for ever, and what it committed to stays in its place.
-- Column grants alone would let the eraser write words too.
create function only_erase() returns trigger
language plpgsql set search_path = parley, pg_catalog, pg_temp
as $$
begin
  if old.personal is null or new.personal is not null or new.erased is null
     or (to_jsonb(new) - '{personal,personal_salt,erased}'::text[]) <> (to_jsonb(old) - '{personal,personal_salt,erased}'::text[]) then
    raise exception 'an event can lose its personal part, and nothing else about it can change' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger only_erase before update on event for each row execute function only_erase();
