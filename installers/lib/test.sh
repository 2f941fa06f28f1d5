# shellcheck shell=bash
# Running the tests: each part by ctest under who it needs, and one summary of all at the end.

passed=0
failed=0
parts=0
declare -a failures=()

# Everything a test could touch by mistake is its own: home, configuration, runtime folder. Paths of sockets stay short.
test_environment() {
  printf '%s\n' "HOME=$root/build/test/home" "XDG_DATA_HOME=$root/build/test/data" "XDG_CONFIG_HOME=$runtime/test/config" \
    "XDG_CACHE_HOME=$runtime/test/cache" "XDG_RUNTIME_DIR=$runtime/test" QT_QPA_PLATFORM=offscreen
}

# count <log>: adds what a ctest run said in its summary.
count() {
  local line
  line=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+$' "$1" | tail -n 1) || return 0
  local -a words
  read -r -a words <<<"$line"
  ((parts += 1, failed += words[3], passed += words[8] - words[3]))
  mapfile -t -O "${#failures[@]}" failures < <(sed -n '/^The following tests FAILED:$/,/^Errors while/s/^\t//p' "$1")
}

# ctest_as <command…>: runs it, shows it and counts it. Its exit code.
ctest_as() {
  local log code=0
  log=$(mktemp)
  "$@" </dev/null 2>&1 | tee "$log" || code=$?
  count "$log"
  rm -f "$log"
  return "$code"
}

# The arguments, where what they exclude by label joins what is excluded anyway (ctest would want both to match).
exclude_label() {
  local label=$1 merged=0
  shift
  arguments=()
  while (($# > 0)); do
    if [[ $1 == -LE || $1 == --label-exclude ]] && (($# > 1)); then
      arguments+=(-LE "($2)|$label")
      merged=1
      shift
    else
      arguments+=("$1")
    fi
    shift
  done
  ((merged)) || arguments+=(-LE "$label")
}

# The unit tests of all rooms under AddressSanitizer and UndefinedBehaviorSanitizer; then every fuzzer of the same build
# looks for new inputs for a while, two at a time; COVE_FUZZ_SECONDS says how long each.
sanitized_tests() {
  local seconds=${COVE_FUZZ_SECONDS:-8} code=0
  compile asan unit_tests fuzz_tests || return
  phase "Unit tests under the sanitizers" ctest_as as_worker ctest --test-dir build/asan --output-on-failure -j "$(jobs)" \
    -L '^unit$' || code=$?
  phase "Fuzzers, $seconds s each" ctest_as as_worker env "COVE_FUZZ_SECONDS=$seconds" ctest --test-dir build/asan \
    --output-on-failure -j 2 -L '^fuzz$' || code=$?
  return "$code"
}

# Whether the tests that need root may run; asks where there is somebody to answer.
may_test_as_root() {
  local listed answer=n
  listed=$(as_worker ctest --test-dir build/release -N -L '^root$' "$@" 2>/dev/null)
  if [[ $listed == *'Total Tests: 0' ]]; then return 1; fi
  if ((EUID == 0)) || sudo -n true 2>/dev/null; then return 0; fi
  if [[ -t 0 ]] && command -v sudo >/dev/null; then
    read -r -p "Some tests need root, in private namespaces. Run them with sudo? [y/N] " answer
  fi
  # The password is asked for now: later there is other output on the terminal.
  if [[ $answer == [yY]* ]] && sudo true; then return 0; fi
  say "Skipped: the tests labelled 'root', which need sudo."
  return 1
}

# Tests that need root get it inside namespaces of their own: mounts, processes, network, host name and IPC of the machine
# are out of their reach. They end when standard input does; their files are the worker's again afterwards.
isolated_tests() {
  # shellcheck disable=SC2016
  as_root env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "COVE_CLIENTS=$root/build/clients" "COVE_TEST_IMAGES=$root/build/test-images" USER=root LOGNAME=root LANG=C.UTF-8 QT_QPA_PLATFORM=offscreen \
    installers/lib/isolate unshare --mount --uts --ipc --net --pid --fork --kill-child --mount-proc -- bash -c '
      ip link set lo up
      HOME=$(mktemp -d) && export HOME XDG_RUNTIME_DIR="$HOME/run" && mkdir -m 0700 "$XDG_RUNTIME_DIR" || exit
      worker=$1
      shift
      # What bash starts in the background ignores these signals, and so would all the tests.
      env --default-signal=INT,QUIT ctest "$@" </dev/null &
      tests=$!
      exec {open}<&0
      (
        cat <&"$open"
        kill -KILL -1
      ) >/dev/null &
      wait "$tests"
      code=$?
      rm -rf "$HOME"
      find build ! -user "$worker" -exec chown -h "$worker:" {} +
      exit "$code"' - "$worker" --test-dir build/release --output-on-failure -L '^root$' "$@"
}

# They wait more than they work, so they run beside what compiles: begun here, into a file. Their input is open until this
# script ends, however that comes.
begin_root_tests() {
  may_test_as_root "$@" || return 0
  root_log=$(mktemp)
  phase "Tests that need root" isolated_tests "$@" < <(exec tail --pid=$$ -f /dev/null 2>/dev/null) >"$root_log" 2>&1 &
  root_tests=$!
}

# Waits for them, shows and counts them.
end_root_tests() {
  [[ -n ${root_tests:-} ]] || return 0
  local code=0
  wait "$root_tests" || code=$?
  count "$root_log"
  show_root_log
  return "$code"
}

show_root_log() {
  [[ -n ${root_log:-} ]] || return 0
  cat "$root_log"
  rm -f "$root_log"
  root_log=
}

# What needs no root. Without arguments unit tests are left out: they ran under the sanitizers.
user_tests() {
  local -a environment arguments
  mapfile -t environment < <(test_environment)
  if (($# == 0)); then
    arguments=(-LE '^(root|unit)$' -E '_NOT_BUILT$')
  else
    exclude_label '^root$' "$@"
  fi
  as_worker mkdir -p build/test/home build/test/data
  ctest_as as_worker env "${environment[@]}" ctest --test-dir build/release --output-on-failure -j "$(nproc)" "${arguments[@]}"
}

# Whatever ended the run.
end_tests() {
  show_root_log
  end_leftovers
}

# A libvirtd of a session ends by itself after two minutes, a virtual machine of a test that was cut off never. Both are
# known by our private folder in their environment.
end_leftovers() {
  local process name
  local -a found=()
  for process in /proc/[0-9]*; do
    read -r name 2>/dev/null <"$process/comm" || continue
    case "$name" in
      libvirtd | virtqemud | virtlogd | qemu-system-*)
        if grep -qzE "^[A-Z_]+=$runtime/test(/|\$)" "$process/environ" 2>/dev/null; then found+=("${process#/proc/}"); fi
        ;;
    esac
  done
  ((${#found[@]} == 0)) && return 0
  kill "${found[@]}" 2>/dev/null || true
  for _ in {1..50}; do
    kill -0 "${found[@]}" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "${found[@]}" 2>/dev/null || true
}

# ctest's last lines speak of its own run; with several runs, the last lines speak of all.
summary() {
  ((parts > 1)) || return 0
  local total=$((passed + failed))
  if ((total == 0)); then return 0; fi
  printf '\nAll runs together:\n'
  if ((failed > 0)); then
    printf 'The following tests FAILED:\n'
    printf '\t%s\n' "${failures[@]}"
  fi
  printf '%d%% tests passed, %d tests failed out of %d\n\nTotal Test time (real) = %d sec\n' \
    $((passed * 100 / total)) "$failed" "$total" $((SECONDS - tests_since))
}
