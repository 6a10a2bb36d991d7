#!/bin/sh
# Once, when PostgreSQL makes its data folder: the two roles of docs/tenancy.md and the database.
# The application's role can neither own nor bypass; the owner's role runs migrations alone.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE gilde_owner LOGIN BYPASSRLS PASSWORD :'owner_password';
CREATE ROLE gilde LOGIN PASSWORD :'app_password';
CREATE DATABASE gilde OWNER gilde_owner;
SQL
