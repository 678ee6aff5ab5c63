#!/usr/bin/env bash
# Settings as a file: writes `key=value` for each key below a prefix, whenever one changes. Values are of one line.
#   render-keys.sh URL PREFIX FILE
set -euo pipefail
url=$1 prefix=$2 file=$3
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
index=0
while :; do
  rows=$(curl -sS -D "$headers" "$url/v1/kv/$prefix?recurse&index=$index&wait=5m" |
    jq -r --arg prefix "$prefix" '.[] | (.Key | ltrimstr($prefix)) + "=" + (.Value // "" | @base64d)' || true)
  index=$(tr -d '\r' <"$headers" | awk -F': ' 'tolower($1) == "x-consul-index" { print $2 }')
  printf '%s\n' "$rows" >"$file.new"
  mv "$file.new" "$file"
done
