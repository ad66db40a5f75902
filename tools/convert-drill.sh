#!/usr/bin/env bash
# Kills conversions at random moments and takes their disk away; after each, the output must be the old model or the new one, whole.
# tools/convert-drill.sh CHECKPOINT [KILLS] [WORK_FOLDER]     needs a built CLI; the disk drills need root for small file systems
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
source=$(realpath "$1") kills=${2:-200} work=$(mktemp -d "${3:-${TMPDIR:-/tmp}}/drill.XXXXXX")
program=(dotnet "${HUMMINGBIRD_DLL:-$root/src/Cli/bin/Release/net10.0/hummingbird.dll}" convert)
trap 'mountpoint -q "$work/small" && umount "$work/small"; rm -rf "$work"' EXIT
cd "$work"
failed=0 passed=0

sum() { (cd "$1" 2>/dev/null && find . -type f | sort | xargs -d '\n' sha256sum | sha256sum | cut -d' ' -f1) || true; }
check() { # NAME CONDITION...
  local name=$1; shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}
refused() { # NAME TEXT ARGUMENTS...: exit code 1, one line of explanation with that text
  local name=$1 text=$2; shift 2
  timeout 60 "${program[@]}" "$@" >out.log 2>err.log; local code=$?
  grep -v '^converting ' err.log >said.log
  check "$name: exit code $code, $(cat said.log)" test "$code" = 1 -a "$(wc -l <said.log)" = 1 -a "$(grep -c -- "$text" said.log)" = 1
  echo "  $name: $(cut -c1-160 said.log)"
}

"${program[@]}" "$source" -o old --dtype fp16 >/dev/null 2>&1 || { echo "the checkpoint does not convert"; exit 1; }
start=$(date +%s%N); "${program[@]}" "$source" -o new --dtype bf16 >/dev/null 2>&1; took=$((($(date +%s%N) - start) / 1000000))
old=$(sum old) new=$(sum new)
echo "one conversion takes $took ms"

kept=0 replaced=0 partial=0 ended=0
for ((i = 0; i < kills; i++)); do
  signal=KILL; ((i % 2)) && signal=TERM
  [[ -d model ]] || cp -r old model
  "${program[@]}" "$source" -o model --dtype bf16 >/dev/null 2>&1 &
  process=$!
  # Every other pair counts from the moment the output is being written.
  window=$took
  if ((i % 4 >= 2)); then
    for ((t = 0; t < 3000; t++)); do compgen -G '.model.*.tmp' >/dev/null && break; sleep 0.01; done
    window=$((took / 3 + 1))
  fi
  wait_ms=$(((RANDOM * 32768 + RANDOM) % window))
  sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
  kill -s "$signal" "$process" 2>/dev/null || ended=$((ended + 1))
  wait "$process" 2>/dev/null
  case $(sum model) in
    "$old") kept=$((kept + 1)) ;;
    "$new") replaced=$((replaced + 1)); rm -rf model ;;
    *) partial=$((partial + 1)); rm -rf model ;;
  esac
done
rm -rf model
[[ -d model ]] || cp -r old model
"${program[@]}" "$source" -o model --dtype bf16 >/dev/null 2>&1
check "a conversion after all that" test "$(sum model)" = "$new"
check "nothing is left beside the output: $(ls -A | tr '\n' ' ')" test "$(ls -A | grep -c '^\.model\.')" = 0
echo "$kills kills ($ended came too late): $kept left the old model, $replaced the new one, $partial something else"
check "partial outputs" test "$partial" = 0

rm -rf model; cp -r old model
mkfifo pipe pipe.safetensors; ln -s model link; echo text >file; mkdir foreign; echo x >foreign/x
refused "output is a file" "is a file" "$source" -o file
refused "output is a pipe" "pipe" "$source" -o pipe
refused "output is a link" "symbolic link" "$source" -o link
refused "output holds other things" "something else than a model" "$source" -o foreign
refused "output's folder is missing" "does not exist" "$source" -o no/where
refused "file output is a pipe" "pipe or a device" "$source" -o pipe.safetensors
refused "input is a pipe" "no regular file" pipe -o x
refused "input is missing" "no such file" nothing.pt -o x
check "what was there is untouched" test "$(cat file)$(readlink link)$(cat foreign/x)" = "textmodelx" -a -p pipe -a -p pipe.safetensors -a "$(sum model)" = "$old"

# Cut while it is read; under its own name, which the record of the output holds.
mkdir in; copy=in/$(basename "$source")
for ((i = 0; i < 10; i++)); do
  cp "$source" "$copy"
  "${program[@]}" "$copy" -o model --dtype bf16 >/dev/null 2>err.log &
  process=$!
  wait_ms=$(((RANDOM * 32768 + RANDOM) % took)); sleep "$(printf '%d.%03d' $((wait_ms / 1000)) $((wait_ms % 1000)))"
  truncate -s "$(($(stat -c %s "$copy") / 2))" "$copy"
  wait "$process"; code=$?
  now=$(sum model)
  check "input cut after $wait_ms ms: exit code $code, $(tail -1 err.log)" test "$code" = 1 -a "$now" = "$old" -o "$code" = 0 -a "$now" = "$new"
  [[ $now == "$old" ]] || { rm -rf model; cp -r old model; }
done

if [[ $(id -u) == 0 ]] && mkdir -p small && mount -t tmpfs -o size="$(($(du -sb old | cut -f1) * 5 / 4))" none small 2>/dev/null; then
  cp -r old small/model
  refused "disk without room" "are free on that disk" "$source" -o small/model --dtype bf16
  check "old model after that" test "$(sum small/model)" = "$old"
  umount small
  # Room at the start, none later: something else fills the disk meanwhile.
  for ((i = 0; i < 5; i++)); do
    mount -t tmpfs -o size="$(($(du -sb old | cut -f1) * 9 / 4))" none small; cp -r old small/model
    "${program[@]}" "$source" -o small/model --dtype bf16 >/dev/null 2>err.log &
    process=$!
    for ((t = 0; t < 3000; t++)); do compgen -G 'small/.model.*.tmp' >/dev/null && break; sleep 0.01; done
    head -c 1T /dev/zero >small/filler 2>/dev/null
    wait "$process"; code=$?; now=$(sum small/model)
    check "disk filled meanwhile: exit code $code, $(tail -1 err.log)" test "$code" = 1 -a "$now" = "$old" -a "$(ls -A small | grep -c '^\.model')" = 0 -o "$code" = 0 -a "$now" = "$new"
    echo "  disk filled meanwhile: exit code $code, $(grep -v '^converting' err.log | tail -1 | cut -c1-160)"
    umount small
  done
  mount -t tmpfs -o ro none small
  refused "read-only disk" "annot be written\|free on that disk" "$source" -o small/model
  umount small
else
  echo "no root: full and read-only disks were not tried"
fi
echo "$passed checks passed, $failed failed"
exit $((failed > 0))
