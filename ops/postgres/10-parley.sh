#!/bin/sh
# Run once, by the postgres image, on an empty volume. The hubs own their database and make its schema; they are no superusers.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$PARLEY_DATABASE_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
create role parley login createrole password :'password';
create database parley owner parley;
SQL
