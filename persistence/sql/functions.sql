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
declare
  gone event := old;
begin
  gone.personal := null;
  gone.personal_salt := null;
  gone.erased := new.erased;
  if old.personal is null or new.erased is null or new is distinct from gone then
    raise exception 'an event can only lose its personal part' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger only_erase before update on event for each row execute function only_erase();
