# shellcheck shell=bash
# Files out of Debian packages, fetched with this machine's own apt sources and kept in
# ${XDG_CACHE_HOME:-~/.cache}/cove/debs, so that a second run works without a network. It needs no privileges and looks at
# no library of this machine.
#
# Who sources it has a function `die <sentence>` and, before `unpack`, a scratch folder $work with an empty folder
# "packages" in it.

readonly arch=amd64 triplet=x86_64-linux-gnu
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cove/debs
declare -A version_of=()

# What fetched packages depend on, cheap to ask.
apt_state() {
  stat -c '%n %y' /var/lib/apt/lists /etc/apt /etc/apt/sources.list.d 2>/dev/null || true
}

# The newest version of each package that apt or, without its lists, the cache knows. One question for all: apt takes a
# good part of a second to answer.
resolve() {
  local package candidate field value
  local asked=()
  for package in "$@"; do
    [[ -n ${version_of[$package]:-} ]] || asked+=("$package")
  done
  ((${#asked[@]})) || return 0
  while read -r field value; do
    case $field in
      Package:) package=$value ;;
      Version:) version_of[$package]=${version_of[$package]:-$value} ;;
    esac
  done < <(apt-cache show --no-all-versions "${asked[@]/%/:$arch}" 2>/dev/null || true)
  for package in "${asked[@]}"; do
    [[ -z ${version_of[$package]:-} ]] || continue
    candidate=$(find "$cache" \( -name "${package}_*_$arch.deb" -o -name "${package}_*_all.deb" \) -printf '%f\n' |
      sed 's/^[^_]*_//; s/_[^_]*$//; s/%3a/:/' | sort -V | tail -1)
    [[ -n $candidate ]] || die "apt knows no package '$package'; run 'apt-get update' with Debian 12 sources"
    version_of[$package]=$candidate
  done
}

# The package's file in the cache, there or not.
deb_file() {
  local file=$cache/${1}_${version_of[$1]//:/%3a}_$arch.deb
  [[ -f $file || ! -f ${file%"$arch.deb"}all.deb ]] || file=${file%"$arch.deb"}all.deb
  echo "$file"
}

# Fetches what the cache does not have, in one go, and unpacks to $work/packages/<package>.
unpack() {
  local package missing=()
  resolve "$@"
  mkdir -p "$cache" || die "cannot write to $cache"
  for package in "$@"; do
    [[ -f $(deb_file "$package") ]] || missing+=("$package:$arch=${version_of[$package]}")
  done
  if ((${#missing[@]})); then
    mkdir -p "$work/download"
    # Checked against apt's signed lists by apt itself; moved into the cache only when whole.
    (cd "$work/download" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "${missing[@]}" >&2) ||
      die "cannot fetch ${missing[*]}; check the network and the apt sources"
    mv "$work"/download/*.deb "$cache/"
  fi
  for package in "$@"; do
    [[ -d $work/packages/$package ]] && continue
    mkdir "$work/packages/$package"
    dpkg-deb -x "$(deb_file "$package")" "$work/packages/$package" ||
      die "the package file $(deb_file "$package") is damaged; remove it and run this again"
  done
}

# --- Programs and their libraries ---------------------------------------------------------------------------------

needed_by() {
  readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# install_libraries <root> <program…>: all that the programs need, below <root>/usr/lib and <root>/usr/lib64, out of the
# packages that the table installers/lib/libraries names.
install_libraries() {
  local root=$1 libraries=$1/usr/lib/$triplet file soname package found
  shift
  local -A seen=() library_package=()
  while read -r soname package; do
    library_package[$soname]=$package
  done < <(sed 's/#.*//; /^[[:space:]]*$/d' "${BASH_SOURCE[0]%/*}/libraries")
  mkdir -p "$libraries" "$root/usr/lib64"
  local pending=("$@") wanted packages
  while ((${#pending[@]})); do
    wanted=()
    for file in "${pending[@]}"; do
      while read -r soname; do
        [[ -n ${seen[$soname]:-} ]] && continue
        seen[$soname]=$(basename "$file")
        wanted+=("$soname")
      done < <(needed_by "$file")
    done
    packages=()
    for soname in ${wanted[@]+"${wanted[@]}"}; do
      [[ -n ${library_package[$soname]:-} ]] ||
        die "${seen[$soname]} needs $soname and installers/lib/libraries does not say which package has it"
      packages+=("${library_package[$soname]}")
    done
    # shellcheck disable=SC2046
    ((${#packages[@]})) && unpack $(printf '%s\n' "${packages[@]}" | sort -u)
    pending=()
    for soname in ${wanted[@]+"${wanted[@]}"}; do
      found=$(find "$work/packages/${library_package[$soname]}" -name "$soname" | head -1)
      [[ -n $found ]] || die "the package ${library_package[$soname]} has no $soname"
      if [[ $soname == ld-linux-* ]]; then
        install -m 0755 "$(readlink -f "$found")" "$root/usr/lib64/$soname"
        continue
      fi
      install -m 0644 "$(readlink -f "$found")" "$libraries/$soname"
      pending+=("$libraries/$soname")
    done
  done
}
