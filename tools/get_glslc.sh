#!/usr/bin/env bash
# Fetches a glslc that knows GL_KHR_cooperative_matrix (2023.8 or newer) into .tools/glslc of this checkout, for those who
# change the cooperative matrix shaders on a system whose own glslc is older. Compiled shaders are checked in: nobody needs
# this to build or to run. Debian only; needs no root, and the system's packages stay as they are.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
# shellcheck source=tools/bootstrap.sh disable=SC1091
. "$ROOT/tools/bootstrap.sh"

RELEASE=trixie # The first Debian release whose glslc is new enough.
TARGET="$TOOLS/glslc"

# The programs run with the libraries they were built for, which are newer than the system's.
wrap() {
  local program="$1"
  cat >"$WORK/bin/$program" <<'END'
#!/bin/sh
root="$(dirname "$0")/.."
exec "$root"/usr/lib64/ld-linux-*.so.2 --library-path "$(echo "$root"/usr/lib/*-linux-gnu)" "$root/usr/bin/$(basename "$0")" "$@"
END
  chmod +x "$WORK/bin/$program"
}

WORK="$TARGET.new"
rm -rf "$WORK"
mkdir -p "$WORK/lists/partial" "$WORK/cache/archives/partial" "$WORK/debs" "$WORK/bin"
# shellcheck source=/dev/null
archive="$(debian_archive "$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")")"
[[ $archive == *'] ' ]] && archive+='http://deb.debian.org/debian'
printf '%s %s main\n' "$archive" "$RELEASE" >"$WORK/sources.list"
apt=(apt-get -q -o "Dir::Etc::sourcelist=$WORK/sources.list" -o Dir::Etc::sourceparts=-
  -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- -o Dir::State::status=/dev/null
  -o "Dir::State::Lists=$WORK/lists" -o "Dir::Cache=$WORK/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root)

say "fetching glslc and spirv-val of Debian $RELEASE into .tools/glslc, about 20 MB of package lists and 10 MB of packages"
"${apt[@]}" update >&2
(cd "$WORK/debs" && "${apt[@]}" download glslc libshaderc1 spirv-tools libc6 libstdc++6 libgcc-s1 >&2)
for deb in "$WORK"/debs/*.deb; do dpkg-deb -x "$deb" "$WORK"; done
(cd "$WORK" && rm -rf lists cache debs sources.list etc usr/share)
wrap glslc
wrap spirv-val
"$WORK/bin/glslc" --version >&2
rm -rf "$TARGET"
mv "$WORK" "$TARGET"
say "done: tools/ShaderBuild finds it by itself"
