# shellcheck shell=bash
# The machine: is it one we know, and has it what Cove needs.

check_system() {
  [[ -r /etc/os-release ]] || fail "this system does not say what it is (/etc/os-release is missing); Cove is set up on Debian 12 or newer."
  local id version like
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && echo "${ID:-unknown}")
  # shellcheck source=/dev/null
  version=$(. /etc/os-release && echo "${VERSION_ID:-}") # testing and sid have none
  # shellcheck source=/dev/null
  like=$(. /etc/os-release && echo "${ID_LIKE:-}")
  case "$id" in
    debian)
      if [[ -n $version ]] && ((${version%%.*} < 12)); then
        fail "this is Debian $version; Cove needs Debian 12 or newer."
      fi
      ;;
    *) [[ " $like " == *" debian "* ]] || fail "this is '$id', not Debian; Cove is set up on Debian 12 or newer. installers/packages lists what it needs." ;;
  esac
  [[ $(uname -m) == x86_64 ]] || fail "this machine is $(uname -m); Cove is built for x86_64."
}

# packages_of <group…>: their names, one a line.
packages_of() {
  local group name
  while read -r group name _; do
    [[ " $* " == *" $group "* ]] && printf '%s\n' "$name"
  done <"$root/installers/packages"
  return 0
}

# Those of the packages given on standard input that are not installed.
missing_of() {
  local -A installed=()
  local -a wanted
  local status name
  mapfile -t wanted
  while read -r status name; do
    [[ $status == ?i* ]] && installed[${name%%:*}]=1
  done < <(dpkg-query --show --showformat='${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null)
  for name in "${wanted[@]}"; do
    [[ -n ${installed[$name]:-} ]] || printf '%s\n' "$name"
  done
}

# can_be_root: whether as_root will work, asking for a password only where there is somebody to answer.
can_be_root() {
  ((EUID == 0)) && return 0
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo true; }
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# ensure_packages <group…>: installs what is missing, and touches nothing when nothing is.
ensure_packages() {
  command -v dpkg-query >/dev/null || fail "there is no dpkg on this system; Cove is set up on Debian 12 or newer."
  local -a missing
  mapfile -t missing < <(packages_of "$@" | missing_of)
  ((${#missing[@]} == 0)) && return 0
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  refuse_old_boost "${missing[@]}"
  command -v apt-get >/dev/null || fail "these packages are missing and there is no apt-get to install them: ${missing[*]}"
  say "Missing packages: ${missing[*]}"
  if ((EUID != 0)); then
    say "Installing them needs root, once; nothing else of Cove does. sudo may ask for your password."
    can_be_root || fail "these packages are missing and sudo is not available here. Have root run: $by_hand"
  fi
  phase "Install ${#missing[@]} packages" install_packages "${missing[@]}" ||
    fail "the packages could not be installed (apt-get says why above). Check the network and /etc/apt/sources.list*, or run: $by_hand"
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
    -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# A package source of somebody else's that does not answer is no reason to stop: what follows shows what is really missing.
renew_lists() {
  apt update || say "The package lists could not be renewed; going on with those that are here."
}

install_packages() {
  renew_lists
  # --no-remove: what the user has installed stays, whatever it conflicts with.
  apt install --no-install-recommends --no-remove "$@"
}

refuse_old_boost() {
  [[ " $* " == *" libboost1.81-dev "* ]] || return 0
  local status
  status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' libboost1.74-dev 2>/dev/null) || return 0
  [[ $status == ?i* ]] || return 0
  fail "libboost1.74-dev is installed and cannot stand beside libboost1.81-dev, which Cove needs." \
    "Remove it first: apt-get remove libboost1.74-dev"
}
