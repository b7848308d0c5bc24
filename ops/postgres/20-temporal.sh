#!/bin/sh
# Run once, by the postgres image, on an empty volume. Temporal owns two databases and sees nothing of the hubs'.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$TEMPORAL_DATABASE_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
create role temporal login password :'password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database parley from public;
SQL
