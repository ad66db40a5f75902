#!/usr/bin/env bash
# Kills a conversion at random moments and counts outputs that are there but not whole.
#   tools/kill-drill.sh SOURCE [KILLS]      SOURCE: a checkpoint large enough to take a second or more
# Half of the kills are SIGKILL, half SIGTERM. An output must be absent, or byte for byte the whole one.
set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
SOURCE="$1" KILLS="${2:-200}"
PROGRAM=(dotnet "$ROOT/src/Cli/bin/Release/net10.0/hummingbird.dll")
WORK="$(mktemp -d)"
trap 'rm -rf "$WORK"' EXIT

digest() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1); }

begin=$(date +%s%N)
"${PROGRAM[@]}" convert "$SOURCE" -o "$WORK/whole" 2>/dev/null >/dev/null
millis=$((($(date +%s%N) - begin) / 1000000))
want="$(digest "$WORK/whole")"
killed=0 finished=0 partial=0
for ((i = 0; i < KILLS; i++)); do
  # Every other round an old output is in place: it has to stay.
  rm -rf "$WORK/out"
  ((i % 4 < 2)) || cp -r "$WORK/whole" "$WORK/out"
  "${PROGRAM[@]}" convert "$SOURCE" -o "$WORK/out" >/dev/null 2>&1 &
  pid=$!
  sleep "$(awk -v m="$millis" -v r="$RANDOM" 'BEGIN { printf "%.3f", m * 1.1 * r / 32768 / 1000 }')"
  if kill "-$([[ $((i % 2)) == 0 ]] && echo KILL || echo TERM)" "$pid" 2>/dev/null; then ((killed += 1)); else ((finished += 1)); fi
  wait "$pid" 2>/dev/null || true
  if [[ -e $WORK/out ]]; then
    [[ "$(digest "$WORK/out")" == "$want" ]] || ((partial += 1))
  elif ((i % 4 >= 2)); then
    ((partial += 1))
  fi
done
left=$(find "$WORK" -maxdepth 1 -name '.out.*.tmp' | wc -l)
printf '%d kills (%d had ended before), partial or lost outputs %d, temporary folders left for the next run %d\n' "$KILLS" "$finished" "$partial" "$left"
((partial == 0))
