#!/bin/bash
# Attacks the decoders of the project with libFuzzer, through Swift.
#
#   Tests/Fuzz/run.sh [--seconds N] [TARGET…]   N seconds for each target (60); all targets unless some are named
#   Tests/Fuzz/run.sh --seconds 0               plays back every kept input and seed, and tries nothing new
#   Tests/Fuzz/run.sh --keep [TARGET…]          afterwards keeps, in Tests/Fuzz/Corpus, what reaches anything new
#
# An input that breaks something is written to .build/fuzz/crashes, and the command that repeats it is printed.
# Status 0 only when nothing broke.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$here/../.." && pwd)/.build/fuzz
seconds=60
keep=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --keep) keep=1; shift ;;
    -*) echo "usage: $0 [--seconds N] [--keep] [TARGET…]" >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done

# libFuzzer comes with the toolchain; its version without a main leaves the choice of the target to the program.
resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
libfuzzer=$(ls "$resources"/clang/lib/linux/libclang_rt.fuzzer_no_main-"$(uname -m)".a 2>/dev/null) || {
  echo "this Swift toolchain has no libFuzzer" >&2
  exit 1
}
mkdir -p "$build/crashes"
echo "building the fuzzers…"
if ! swift build --package-path "$here" --scratch-path "$build" -c release --product Fuzz \
  -Xswiftc -use-ld=lld -Xlinker "$libfuzzer" -Xswiftc -Xclang-linker -Xswiftc -fsanitize=address \
  >"$build/build.log" 2>&1; then
  grep -E 'error|warning' "$build/build.log" || tail -20 "$build/build.log"
  exit 1
fi
fuzz=$build/release/Fuzz

# A trap is libFuzzer's to record, and symbols are looked up only for what broke.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=symbolize=0:detect_leaks=0
if [ ${#targets[@]} -eq 0 ]; then mapfile -t targets < <("$fuzz" list | cut -d' ' -f1); fi
rm -rf "$build/seeds"
"$fuzz" seeds "$build/seeds"

# Files that others wrote make good seeds where they are at hand.
data=${LIANRONG_TEST_DATA:-$here/../../../shared/data}
if [ -d "$data" ]; then
  find "$data/json" -name '*.json' -size -16k -exec cp -t "$build/seeds/json" {} + 2>/dev/null || true
  find "$data/ubl/oasis-examples" "$data/en16931" -name '*.xml' -size -32k -exec cp -t "$build/seeds/business" {} + \
    2>/dev/null || true
fi

broken=0
printf '%-11s %9s %9s %9s %7s  %s\n' target inputs 'inputs/s' coverage corpus result
for target in "${targets[@]}"; do
  longest=$("$fuzz" list | sed -n "s/^$target //p")
  if [ -z "$longest" ]; then echo "there is no target $target: $("$fuzz" list | cut -d' ' -f1 | xargs)" >&2; exit 2; fi
  kept=$here/Corpus/$target
  found=$build/found/$target
  log=$build/$target.log
  mkdir -p "$found"
  folders=("$found" "$build/seeds/$target")
  if [ -d "$kept" ]; then folders+=("$kept"); fi
  # No input takes 4 seconds, and none makes us ask for 128 MiB at once or hold 1 GiB.
  limits=(-max_len="$longest" -timeout=4 -malloc_limit_mb=128 -rss_limit_mb=1024)
  if [ "$seconds" -eq 0 ]; then span=(-runs=0); else span=(-max_total_time="$seconds"); fi
  if [ -s "$build/seeds/$target.dict" ]; then span+=(-dict="$build/seeds/$target.dict"); fi
  result=ok
  "$fuzz" "$target" "${span[@]}" "${limits[@]}" -print_final_stats=1 -artifact_prefix="$build/crashes/$target-" \
    "${folders[@]}" >"$log" 2>&1 </dev/null || { result=BROKEN; broken=$((broken + 1)); }
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1 || true; }
  last=$(grep -aE '^#[0-9]+' "$log" | tail -1 || true)
  printf '%-11s %9s %9s %9s %7s  %s\n' "$target" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
    "$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<<"$last")" "$(sed -n 's/.* corp: \([^ ]*\).*/\1/p' <<<"$last")" "$result"
  if [ $result = BROKEN ]; then
    grep -aE 'Fatal error|ERROR: ' "$log" | head -3 || true
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    echo "repeat: ASAN_OPTIONS=symbolize=0:detect_leaks=0 timeout 60 $fuzz $target ${limits[*]} $input"
  elif [ -n "$keep" ]; then
    # The smallest set of inputs that reaches more of the code than the seeds do, which are made anew each time.
    rm -rf "$build/merged"
    cp -r "$build/seeds/$target" "$build/merged"
    "$fuzz" "$target" -set_cover_merge=1 -use_counters=0 -max_len=4096 "$build/merged" "${folders[@]}" >"$build/merge.log" 2>&1 </dev/null || true
    rm -rf "$kept"
    mkdir -p "$kept"
    comm -13 <(ls "$build/seeds/$target") <(ls "$build/merged") | while read -r name; do
      cp "$build/merged/$name" "$kept/"
    done
  fi
done
exit $((broken > 0))
