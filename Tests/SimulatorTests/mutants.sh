#!/bin/bash
# What the simulator is worth: bugs in the machine, the replica and the store, planted in a copy of the sources, are
# found by `simulate` within the seeds that each states.
#
#   Tests/SimulatorTests/mutants.sh [--threads N] [NAME…]   all of Mutants/*.txt unless some are named
#
# Mutants/README.md describes the files. One build holds all mutants, each behind a switch that the environment turns,
# so a run without one is the unchanged program: it must find nothing in the same seeds. A text that is no longer
# there exactly once stops everything before the build.
# Status 0 only when every mutant is found and the unchanged copy is not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
copy=$project/.build/mutants
threads=$(nproc)
names=()
while [ $# -gt 0 ]; do
  case $1 in
    --threads) threads=$2; shift 2 ;;
    -*) echo "usage: $0 [--threads N] [NAME…]" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
  esac
done

mkdir -p "$copy"
python3 "$here/Mutants/plant.py" "$project" "$copy" >"$copy/table"
# The same versions as the main package, which has them already.
if [ -f "$project/Package.resolved" ]; then cp "$project/Package.resolved" "$copy/Package.resolved"; fi
echo "building the copy with $(wc -l <"$copy/table") mutants…"
if ! swift build --package-path "$copy" -c release --product mutants >"$copy/build.log" 2>&1; then
  grep -E 'error' "$copy/build.log" || tail -20 "$copy/build.log"
  exit 1
fi

run() { # switch nodes seeds: "seed checker seconds", with "-" where nothing was found
  local status=0 line
  line=$(MUTANT=$1 SWIFT_BACKTRACE=enable=no timeout 240 "$copy/.build/release/mutants" "$2" "$3" "$threads" \
    2>"$copy/run.log") || status=$?
  case $status in
    0) echo "$line" ;;
    124) echo "- - 240" ;;
    # A trap stops the simulator itself, which is as loud as a finding.
    *) echo "? trap -" ;;
  esac
}

missed=0
row='%-34s %-6s %-9s %5s %-10s %5s  %-12s %7s\n'
printf "$row" mutant fault found nodes seeds seed checker seconds
# The widest seeds for each number of nodes.
while read -r nodes seeds; do
  read -r seed checker seconds <<<"$(run 0 "$nodes" "$seeds")"
  if [ "$checker" = - ] && [ "$seconds" != 240 ]; then verdict=clean; else verdict=BROKEN; missed=1; fi
  printf "$row" "(unchanged)" - $verdict "$nodes" "$seeds" "$seed" "$checker" "$seconds"
done < <(awk '{ split($5, seeds, "[.][.]"); if (seeds[2] + 0 > last[$4] + 0) { last[$4] = seeds[2]; all[$4] = $5 } }
  END { for (nodes in all) print nodes, all[nodes] }' "$copy/table")
while read -r switch name fault nodes seeds; do
  if [ ${#names[@]} -gt 0 ] && [[ " ${names[*]} " != *" $name "* ]]; then continue; fi
  read -r seed checker seconds <<<"$(run "$switch" "$nodes" "$seeds")"
  if [ "$checker" = - ]; then verdict="NOT FOUND"; missed=1; else verdict=found; fi
  printf "$row" "$name" "$fault" "$verdict" "$nodes" "$seeds" "$seed" "$checker" "$seconds"
done <"$copy/table"
exit $missed
