#!/bin/sh
# Makes the app's own role and database: the app never connects as a superuser.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set=password="$(cat /run/secrets/app_password)" <<'SQL'
CREATE ROLE podlane LOGIN PASSWORD :'password';
CREATE DATABASE podlane OWNER podlane;
SQL
