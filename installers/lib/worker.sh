# shellcheck shell=bash
# Who does the work: the user who called, or, when that is root, an account of its own. Builds, virtual machines and tests
# never run as root except for the tests that say they must.

readonly account=cove-ci
readonly bound_source=/srv/cove-src

# Sets worker, worker_home and runtime (a short, private folder for sockets), and makes the account if root calls.
choose_worker() {
  if ((EUID == 0)); then
    worker=$account
    if ! getent passwd "$account" >/dev/null; then
      phase "Make the account $account" useradd --create-home --shell /bin/bash "$account" ||
        fail "the account '$account', under which root's builds and tests run, could not be made."
    fi
    worker_home=$(getent passwd "$account" | cut -d: -f6)
    [[ -d $worker_home ]] || install -d -o "$account" -g "$account" -m 0755 "$worker_home"
    if [[ -w /run ]]; then runtime=/run/$account; else runtime=/tmp/$account-runtime; fi
  else
    worker=$(id -un)
    worker_home=${HOME:-$(getent passwd "$EUID" | cut -d: -f6)}
    runtime=/tmp/cove-dev-$EUID
  fi
  private_folder "$runtime"
  private_folder "$runtime/test"
}

# A folder of the worker's that nobody else can look into. /tmp is everybody's: what is there already must be the worker's.
private_folder() {
  if [[ ! -e $1 && ! -L $1 ]]; then
    install -d -m 0700 "$1"
    if ((EUID == 0)); then chown "$worker:" "$1"; fi
  fi
  if [[ -L $1 || ! -d $1 || $(stat -c %U "$1") != "$worker" ]]; then
    fail "$1 should be a private folder of $worker's and is not; remove it and try again."
  fi
  chmod 0700 "$1"
}

# Lets the worker read the source, and root's tests have namespaces. Where a parent folder is closed to the worker (a clone
# in /root), everything happens where the clone is mounted at $bound_source, always the same, so that CMake's caches stay
# valid; in a plain chroot, where mounts can be private.
open_source() {
  ((EUID == 0)) || return 0
  local -a enter=()
  if [[ -z ${COVE_DEV_CLONE:-} ]]; then
    if ! runuser -u "$account" -- test -x "$root"; then
      mkdir -p "$bound_source"
      # shellcheck disable=SC2016
      enter=(bash -c 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"' - "$root" "$bound_source")
    fi
    if ((${#enter[@]} > 0)) || ! unshare --mount true 2>/dev/null; then
      unshare --mount --propagation unchanged true 2>/dev/null ||
        fail "this container allows no namespaces, which the tests that need root and clones in closed folders need." \
          "Allow them (CAP_SYS_ADMIN), or build as an ordinary user."
      exec env COVE_DEV_CLONE="$root" installers/lib/isolate "${enter[@]}" installers/dev "$@"
    fi
  fi
  # In one pass over what git would have: names, not contents.
  local closed
  closed=$(runuser -u "$account" -- find "$root" \( -path "$root/build" -o -path "$root/.git" \) -prune -o ! -readable -print -quit 2>&1) || true
  [[ -z $closed ]] || fail "the account '$account' cannot read $closed: run chmod -R a+rX on the clone."
}

# build/ belongs to the worker, also what an earlier run under another account left.
own_build() {
  if ((EUID == 0)); then
    mkdir -p "$root/build"
    find "$root/build" ! -user "$account" -exec chown -h "$account:" {} +
  else
    mkdir -p "$root/build" || fail "you may not write to $root."
    local foreign
    foreign=$(find "$root/build" ! -user "$worker" -print -quit 2>/dev/null)
    if [[ -n $foreign ]]; then
      say "build/ was made under another account; giving it to you needs root, once. sudo may ask for your password."
      can_be_root || fail "build/ belongs to another account. Have root run: chown -R $worker $root/build"
      as_root chown -R "$worker:" "$root/build"
    fi
  fi
}

# as_worker <command…>: with an environment that holds nothing by accident.
as_worker() {
  local -a environment=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$worker_home" "USER=$worker"
    "LOGNAME=$worker" SHELL=/bin/bash LANG=C.UTF-8 "TERM=${TERM:-dumb}" "XDG_RUNTIME_DIR=$runtime"
    "COVE_CLIENTS=$root/build/clients" "COVE_TEST_IMAGES=$root/build/test-images"
    # The clone may belong to another account than the worker's, which git otherwise refuses to look at.
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory "GIT_CONFIG_VALUE_0=$root")
  local name
  for name in CI {http,https,no}_proxy {HTTP,HTTPS,NO}_PROXY GOPROXY GOSUMDB SSL_CERT_FILE SSL_CERT_DIR; do
    if [[ -v $name ]]; then environment+=("$name=${!name}"); fi
  done
  if ((EUID == 0)); then
    runuser -u "$worker" -- env -i "${environment[@]}" "$@"
  else
    env -i "${environment[@]}" "$@"
  fi
}
