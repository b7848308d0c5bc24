-- What the program itself may do: read all, write state, and write the log through its one door.
grant usage on schema parley to parley_app, parley_eraser;
grant select on all tables in schema parley to parley_app;
grant insert, update, delete on person, session, refresh_token, room, member, command, follower to parley_app;
grant insert, update, delete on edit, pin, spoke, mention, reading to parley_app;
grant insert, update, delete on node, presence, online, last_seen to parley_app;
grant insert, update, delete on message_search to parley_app;
grant insert, update, delete on catalogue, profile, brand, team_member, invitation, mail to parley_app;
grant insert, update, delete on campaign, campaign_guest, saved_campaign, application, application_count to parley_app;
grant insert, update, delete on told, brand_week, creator_week to parley_app;
grant update (rev, words, edited_at, deleted, reactions) on message to parley_app;
grant insert on checkpoint, checkpoint_key to parley_app;
revoke all on function append_events, create_stream, lock_stream, seq_at from public;
grant execute on function append_events, create_stream, lock_stream, seq_at to parley_app;
revoke all on function search_messages, search_wanted, search_words, search_marked, search_mark, search_part, forget_words, hold_erasures from public;
grant execute on function search_messages, search_wanted, search_words, search_marked, search_mark, search_part, hold_erasures to parley_app;

-- What may take personal parts out of the log, and nothing else.
grant select on event, message to parley_eraser;
grant update (personal, personal_salt, erased) on event to parley_eraser;
grant update (rev) on message to parley_eraser;
