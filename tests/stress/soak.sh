#!/usr/bin/env bash
# Every run of forebay-stress, one after the other: tests/stress/soak.sh SECONDS SEED "RUNS".
set -u
cd "$(dirname "$0")/../.."
seconds=$1 seed=$2 runs=${3:-soak kill crowded rot budget-ext4 budget-xfs tight full inodes sick overwrite flight}
stress=${CARGO_TARGET_DIR:-target}/release/forebay-stress
failed=0
for run in $runs; do
  case $run in
    soak)        what="soak seconds=$seconds" ;;
    kill)        what="kill kills=$((seconds * 10))" ;;
    crowded)     what="crowded" ;;
    rot)         what="rot flips=$((seconds * 200)) every=$((seconds < 300 ? 101 : 1))" ;;
    budget-ext4) what="budget seconds=$seconds budget=1073741824" ;;
    budget-xfs)  what="budget seconds=$seconds budget=1073741824 xfs=1" ;;
    tight)       what="budget seconds=$seconds budget=268435456 room=101" ;;
    full)        what="full seconds=$((seconds / 4 + 1))" ;;
    inodes)      what="full inodes=1 seconds=$((seconds / 4 + 1))" ;;
    sick)        what="sick seconds=$((seconds / 10 + 1))" ;;
    overwrite)   what="overwrite rounds=$((seconds * 50))" ;;
    flight)      what="flight bytes=$((seconds * 16777216))" ;;
    *)           echo "no run $run" >&2; exit 2 ;;
  esac
  echo "== $what seed=$seed"
  # shellcheck disable=SC2086
  "$stress" $what seed="$seed" || { failed=$((failed + 1)); echo "FAILED: $run, seed $seed"; }
done
echo "$failed runs failed"
exit $((failed > 0))
