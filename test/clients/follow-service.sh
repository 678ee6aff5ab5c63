#!/usr/bin/env bash
# What people write when they have curl and nothing else: prints the passing instances of a service, one line for each change.
#   follow-service.sh URL SERVICE LINES
set -euo pipefail
url=$1 service=$2 lines=$3
index=0
while [ "$lines" -gt 0 ]; do
  answer=$(curl -sS -i --max-time 90 "$url/v1/health/service/$service?passing&index=$index&wait=60s")
  new=$(printf '%s' "$answer" | tr -d '\r' | sed -n 's/^[Xx]-[Cc]onsul-[Ii]ndex: //p')
  # An index that went backwards means a new world: begin anew.
  if [ "$new" -lt "$index" ]; then
    index=0
    continue
  fi
  [ "$new" = "$index" ] && continue
  index=$new
  # A development agent prints JSON on many lines.
  printf '%s' "$answer" | tr -d ' \n' | { grep -o '"Service":{[^}]*' || true; } |
    sed 's/.*"ID":"\([^"]*\)".*/\1/' | sort | paste -sd, -
  lines=$((lines - 1))
done
