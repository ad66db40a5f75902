# shellcheck shell=bash
# Gets a Debian or Ubuntu machine ready for Hummingbird.Vulkan. Sourced by ./hummingbird and ./test,
# which set ROOT (the checkout) first. Everything it says goes to stderr; stdout belongs to the program.
#
# Two things may be missing: packages (the Vulkan loader, ffmpeg) and a Vulkan driver. Packages are
# installed with apt. A driver for a real GPU is never installed over, hidden or replaced; where there is
# no GPU, the newest lavapipe (Mesa's Vulkan on the CPU) that the distribution has is unpacked into
# .tools/mesa of this checkout and used through VK_DRIVER_FILES, so the system's drivers stay as they are.
#
# When all is in place none of this runs: .tools/bootstrap.state remembers what the machine looked like.

TOOLS="$ROOT/.tools"
MESA="$TOOLS/mesa"
STATE="$TOOLS/bootstrap.state"
MIN_LAVAPIPE=25 # The first version with fast kernels for this engine: five times the speed of 22.3.
RETRY_SECONDS=86400 # Without a network the better driver is asked for again a day later.

say() { printf 'hummingbird: %s\n' "$*" >&2; }

# First existing path of the arguments, which are globs the shell has expanded already.
any_exists() {
  local path
  for path in "$@"; do [[ -e $path ]] && return 0; done
  return 1
}

have_command() { command -v "$1" >/dev/null 2>&1; }

have_vulkan_loader() {
  any_exists /usr/lib/*-linux-gnu*/libvulkan.so.1 /lib/*-linux-gnu*/libvulkan.so.1 \
    /usr/lib64/libvulkan.so.1 /usr/lib/libvulkan.so.1 /usr/local/lib/libvulkan.so.1
}

have_glfw() { any_exists /usr/lib/*-linux-gnu*/libglfw.so.3 /usr/lib64/libglfw.so.3 /usr/lib/libglfw.so.3 /usr/local/lib/libglfw.so.3; }

# --- what the machine has -------------------------------------------------------------------------------

system_driver_manifests() {
  local path
  for path in /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json \
    /etc/vulkan/icd.d/*.json "${HOME:-/root}"/.local/share/vulkan/icd.d/*.json; do
    [[ -e $path ]] && printf '%s\n' "$path"
  done
  return 0
}

# A device node through which Mesa's drivers, or Windows' under WSL, reach a GPU.
have_render_node() { any_exists /dev/dri/renderD* /dev/dxg; }

have_nvidia_node() { any_exists /dev/nvidiactl /dev/nvgpu /dev/nvmap; }

# have_driver_like PATTERN: a driver whose manifest's name matches, other than lavapipe, is installed.
have_driver_like() {
  local path
  while IFS= read -r path; do
    # shellcheck disable=SC2053
    [[ -n $path && ${path##*/} != lvp_icd* && ${path##*/} == $1 ]] && return 0
  done <<<"$(system_driver_manifests)"
  return 1
}

# The part of the machine's state that decides what to do, as one line. Shell built-ins only: it is on
# the path of every start.
machine_facts() {
  local facts='v1' path
  for path in /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json \
    /etc/vulkan/icd.d/*.json "${HOME:-/root}"/.local/share/vulkan/icd.d/*.json \
    /dev/dri/renderD* /dev/dxg /dev/nvidiactl /dev/nvgpu /dev/nvmap; do
    [[ -e $path ]] && facts+=" $path"
  done
  have_command ffmpeg && facts+=' ffmpeg'
  have_vulkan_loader && facts+=' loader'
  printf '%s' "$facts"
}

# --- packages -------------------------------------------------------------------------------------------

# Runs a command with the rights to install packages; fails quietly when there are none.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif have_command sudo; then
    if [[ -t 0 && -t 2 ]]; then sudo "$@"; else sudo -n "$@"; fi
  else
    return 1
  fi
}

# install_packages WHY PACKAGE...: one apt run, with fresh package lists only when the present ones fail.
install_packages() {
  local why="$1" log
  shift
  if ! have_command apt-get; then
    say "missing: $* ($why). This is not a Debian or Ubuntu system: please install them with its package manager."
    return 1
  fi
  if [[ $EUID -ne 0 ]] && ! have_command sudo; then
    say "missing: $* ($why). Installing needs root; as root run:  apt-get install $*"
    return 1
  fi
  say "installing $* ($why)"
  log="$(mktemp)"
  local -a install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
  if as_root "${install[@]}" </dev/null >"$log" 2>&1 ||
    { as_root apt-get update -q </dev/null >>"$log" 2>&1 || true
      as_root "${install[@]}" </dev/null >>"$log" 2>&1; }; then
    rm -f "$log"
    return 0
  fi
  say "could not install $*. Its last words:"
  tail -n 5 "$log" | sed 's/^/    /' >&2
  rm -f "$log"
  [[ $EUID -eq 0 ]] || say "please run:  sudo apt-get install $*"
  return 1
}

# --- a lavapipe of our own ------------------------------------------------------------------------------

# Major version of the system's lavapipe, 0 when there is none.
system_lavapipe_major() {
  local version=''
  if system_driver_manifests | grep -q '/lvp_icd' && have_command dpkg-query; then
    version="$(dpkg-query -W -f '${Version}\n' mesa-vulkan-drivers 2>/dev/null | head -n 1 || true)"
    version="${version#*:}"
    version="${version%%.*}"
  fi
  [[ $version =~ ^[0-9]+$ ]] && printf '%s' "$version" || printf '0'
}

# "deb [options] URI" of the archive this machine takes its own packages of release $1 from.
debian_archive() {
  local release="$1" keyring=/usr/share/keyrings/debian-archive-keyring.gpg found
  found="$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v release="$release" '
    BEGIN { RS = ""; FS = "\n" }
    {
      uri = ""; suites = ""; key = ""
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^URIs:/) { split($i, part, /[ \t]+/); uri = part[2] }
        if ($i ~ /^Suites:/) { suites = $i " " }
        if ($i ~ /^Signed-By: *\//) { split($i, part, /[ \t]+/); key = part[2] }
      }
      if (uri != "" && index(suites, " " release " ")) { print key "|" uri; exit }
    }' || true)"
  if [[ -z $found ]]; then
    found="$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -n -E "s/^deb +(\[[^]]*\] +)?([^ ]+) +$release .*/|\2/p" | head -n 1 || true)"
  fi
  [[ -n ${found%%|*} ]] && keyring="${found%%|*}"
  printf 'deb [signed-by=%s] %s' "$keyring" "${found#*|}"
}

# Downloads Mesa's Vulkan drivers from the release's backports, with those of their dependencies that
# this system lacks, into $1/debs. Private lists and cache: needs no root and leaves the system's alone.
download_backport() {
  local work="$1" release="$2" archive
  archive="$(debian_archive "$release")"
  [[ $archive == *'] ' ]] && archive+='http://deb.debian.org/debian'
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  printf '%s %s main\n%s %s main\n' "$archive" "$release" "$archive" "$release-backports" >"$work/sources.list"
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q
    -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-
    -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=-
    -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=1)
  "${apt[@]}" update && "${apt[@]}" install -y --download-only --no-install-recommends --reinstall \
    -t "$release-backports" "mesa-vulkan-drivers/$release-backports"
}

# write_manifest TREE DRIVER: TREE/DRIVER_icd.json for the loader. Its path is relative to the manifest, as
# the checkout may be moved.
write_manifest() {
  local tree="$1" driver="$2" library
  library="$(cd "$tree" && find usr -name "libvulkan_$driver.so" -print -quit)"
  [[ -n $library ]] || return 1
  sed -E "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"./$library\"|" \
    "$tree/usr/share/vulkan/icd.d/${driver}_icd"*.json </dev/null >"$tree/${driver}_icd.json"
}

# Libraries that the drivers $2... need and the system has not: linked from the unpacked packages into needed/.
# The first driver must load then.
link_missing_libraries() {
  local tree="$1" driver="$2" name found missing previous=''
  mkdir -p "$tree/needed"
  # Again after each round, as a library just linked may need another one.
  while missing="$(LD_LIBRARY_PATH="$tree/needed" ldd "${@:2}" | awk '/not found/ { print $1 }' | sort -u)" &&
    [[ -n $missing && $missing != "$previous" ]]; do
    for name in $missing; do
      found="$(find "$tree" -name "$name" -not -path "$tree/needed/*" -print -quit)"
      if [[ -n $found ]]; then ln -sf "..${found#"$tree"}" "$tree/needed/$name"; fi
    done
    previous="$missing"
  done
  ! LD_LIBRARY_PATH="$tree/needed" ldd -r "$driver" 2>&1 | grep -E 'not found|undefined symbol' >&2
  local status=$?
  # Usually the system has them all.
  if rmdir "$tree/needed" 2>/dev/null; then rm -rf "$tree/libraries"; fi
  return "$status"
}

# Fills .tools/mesa: unpacked beside it first, so that a stop half-way leaves nothing that looks finished.
unpack_lavapipe() {
  local release id
  # shellcheck source=/dev/null
  release="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
  # shellcheck source=/dev/null
  id="$(. /etc/os-release && printf '%s' "${ID:-}")"
  [[ $id == debian && -n $release ]] && have_command dpkg-deb || return 1

  local work="$TOOLS/mesa.new" log="$TOOLS/mesa.log" deb driver
  rm -rf "$work"
  mkdir -p "$work"
  say "no GPU driver here: fetching Mesa's CPU driver (lavapipe) of $release-backports into .tools/mesa, about 100 MB"
  if ! download_backport "$work" "$release" </dev/null >"$log" 2>&1; then
    say "$release-backports could not be had (details in .tools/mesa.log)"
    rm -rf "$work"
    return 1
  fi
  for deb in "$work"/cache/archives/*.deb; do
    case ${deb##*/} in
      mesa-vulkan-drivers_*) dpkg-deb -x "$deb" "$work" ;;
      *) dpkg-deb -x "$deb" "$work/libraries" ;;
    esac
  done
  rm -rf "$work/cache" "$work/lists" "$work/sources.list" "$work"/{,libraries/}usr/share/doc
  driver="$(cd "$work" && find usr -name libvulkan_lvp.so -print -quit)"
  if [[ -z $driver ]] || ! link_missing_libraries "$work" "$work/$driver" "$work/${driver%/*}"/libvulkan_radeon*.so; then
    say "the lavapipe of $release-backports does not load on this system"
    rm -rf "$work"
    return 1
  fi
  write_manifest "$work" lvp
  # AMD's driver comes in the same package: it compiles for GPUs that are not here (bench rdna).
  write_manifest "$work" radeon || true
  rm -rf "$MESA"
  mv "$work" "$MESA"
  rm -f "$log"
}

# Sees to a driver; prints "system", "private", or "stopgap": the system's, as a better one could not be had now.
choose_driver() {
  if have_nvidia_node && have_driver_like '*nvidia*'; then
    printf 'system'
    return
  fi
  if have_nvidia_node; then
    say "an NVIDIA GPU is here, but not its Vulkan driver (in a container: NVIDIA_DRIVER_CAPABILITIES=all)"
  fi
  if have_render_node; then
    have_driver_like '*' || install_packages "the Vulkan driver of your GPU" mesa-vulkan-drivers || true
    printf 'system'
  elif (($(system_lavapipe_major) >= MIN_LAVAPIPE)); then
    printf 'system'
  elif [[ -f $MESA/lvp_icd.json ]] || unpack_lavapipe; then
    printf 'private'
  else
    if (($(system_lavapipe_major) == 0)); then
      install_packages "Vulkan on the CPU, as no GPU driver was found" mesa-vulkan-drivers || true
    fi
    (($(system_lavapipe_major) >= MIN_LAVAPIPE)) && printf 'system' || printf 'stopgap'
  fi
}

# --- the one entry --------------------------------------------------------------------------------------

# Holds the checkout's lock while running the rest: two starts at once must not unpack or build together.
with_lock() {
  mkdir -p "$TOOLS"
  if have_command flock; then
    { flock 9 && "$@" 9>&-; } 9>"$TOOLS/lock"
  else
    "$@"
  fi
}

# Commands and files that tests need beyond what running needs: the shader compiler, Vulkan's own checks, a browser for the page,
# a display and GLFW for the window.
have_test_tools() {
  have_command glslc && have_command chromium && have_command Xvfb && have_glfw && any_exists /usr/share/vulkan/explicit_layer.d/*khronos_validation*.json \
    /etc/vulkan/explicit_layer.d/*khronos_validation*.json
}

prepare_machine() {
  local -a packages=()
  have_vulkan_loader || packages+=(libvulkan1)
  have_command ffmpeg || packages+=(ffmpeg)
  if ((${#packages[@]})); then
    install_packages "libvulkan1 finds the GPU's driver, ffmpeg writes mp4, webm, gif and webp" "${packages[@]}" || true
  fi
  if [[ $1 == test ]] && ! have_test_tools; then
    install_packages "the tests compile shaders, run under Vulkan's validation layer, and use the page and the window" \
      glslc vulkan-validationlayers chromium xvfb libglfw3 || true
  fi
  local driver
  driver="$(choose_driver)"
  printf '%s\n%s\n%s\n' "$(machine_facts)" "$driver" "$EPOCHSECONDS" >"$STATE"
}

# True when nothing has changed since the machine was last made ready; sets driver.
state_is_current() {
  local facts='' since=0
  [[ -f $STATE && ! /var/lib/dpkg/status -nt $STATE ]] || return 1
  { IFS= read -r facts && IFS= read -r driver && IFS= read -r since; } <"$STATE" || return 1
  [[ $facts == "$(machine_facts)" ]] || return 1
  [[ $driver != private || -f $MESA/lvp_icd.json ]] || return 1
  [[ $driver != stopgap ]] || ((EPOCHSECONDS - since < RETRY_SECONDS))
}

# bootstrap run|test: makes the machine ready and exports what the Vulkan loader needs to know.
bootstrap() {
  local driver=''
  if ! state_is_current || { [[ $1 == test ]] && ! have_test_tools; }; then
    with_lock prepare_machine "$1"
    state_is_current || true
  fi
  [[ $driver != private || -f $MESA/radeon_icd.json ]] || write_manifest "$MESA" radeon || true
  if [[ $driver == private && -z ${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-} ]]; then
    # The second name is the one that loaders older than 1.3.207 know.
    export VK_DRIVER_FILES="$MESA/lvp_icd.json" VK_ICD_FILENAMES="$MESA/lvp_icd.json"
    [[ -d $MESA/needed ]] && export LD_LIBRARY_PATH="$MESA/needed${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  fi
  return 0
}

# --- building -------------------------------------------------------------------------------------------

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

require_dotnet() {
  have_command dotnet && return 0
  say "the .NET 10 SDK is needed and 'dotnet' is not on the PATH: https://dotnet.microsoft.com/download/dotnet/10.0"
  return 1
}

# build PROJECT: Release, without the build servers that would stay behind; the log is shown on failure only.
build() {
  local log="$TOOLS/build.log"
  mkdir -p "$TOOLS"
  if ! dotnet build "$1" -c Release -nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false \
    </dev/null >"$log" 2>&1; then
    say "the build failed:"
    # Each once: without the project's name, and with paths as one would type them here.
    sed -n -E "/: (error|warning) /{s|$ROOT/||g;s| \[[^]]*\]\$||;p}" "$log" | sort -u | head -n 30 >&2
    say "the whole log is in .tools/build.log"
    return 1
  fi
}
