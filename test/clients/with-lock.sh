#!/usr/bin/env bash
# A lock for cron jobs with curl alone: waits for a key, holds it while a command runs, and gives it back.
#   with-lock.sh URL KEY COMMAND...
set -euo pipefail
url=$1 key=$2
shift 2
session=$(curl -sS --fail -X PUT -d '{"Name": "with-lock", "TTL": "60s", "LockDelay": "0s"}' "$url/v1/session/create" |
  grep -o '[0-9a-f-]\{36\}')
trap 'curl -sS -o /dev/null -X PUT "$url/v1/session/destroy/$session"' EXIT
until [ "$(curl -sS --fail -X PUT -d "$HOSTNAME" "$url/v1/kv/$key?acquire=$session")" = true ]; do
  held=$(curl -sS -i "$url/v1/kv/$key" | tr -d '\r')
  if printf '%s' "$held" | grep -q '"Session"'; then
    index=$(printf '%s' "$held" | sed -n 's/^[Xx]-[Cc]onsul-[Ii]ndex: //p')
    echo waiting
    curl -sS -o /dev/null "$url/v1/kv/$key?index=$index&wait=30s"
  fi
done
"$@"
curl -sS --fail -o /dev/null -X PUT -d "" "$url/v1/kv/$key?release=$session"
