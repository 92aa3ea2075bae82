#!/usr/bin/env bash
# One run on all processors of this machine, or of several, with GNU parallel:
#   eng/recipes/parallel.sh PARTS FOLDER restart --model --histories 1000 --seed 7
# On other machines too, where handlecache is in the same place: PARALLEL='-S 8/node1,8/node2'.
set -uo pipefail
parts=$1 folder=$2
shift 2
handlecache=${HANDLECACHE:-handlecache}
mkdir -p "$folder"
# What is there stays: the same command again does only the parts that are missing.
seq "$parts" | parallel --joblog "$folder/log" \
  "[ -s $folder/{}.json ] || { $handlecache ${*@Q} --shard {}/$parts --json >$folder/{}.tmp;
   code=\$?; [ \$code -gt 1 ] || mv $folder/{}.tmp $folder/{}.json; exit \$code; }"
"$handlecache" merge "$folder"/*.json
