#!/usr/bin/env bash
# Fuzzes one provider: fuzz/run.sh <target> [seconds]. Begins with the fixtures and with what earlier runs found, and
# keeps what is found beyond them. Plain cargo with the compiler's coverage; no tool is installed.
set -euo pipefail
cd "$(dirname "$0")"
target=${1:?name a target, such as meta}
seconds=${2:-600}
host=$(rustc -vV | sed -n 's/^host: //p')
builds=${CARGO_TARGET_DIR:-target}

export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing"
cargo build --release --target "$host" --bin "$target"
fuzz=$builds/$host/release/$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/found" "$work/kept" artifacts corpus
if [ -f "corpus/$target.tar.gz" ]; then
  tar -xzf "corpus/$target.tar.gz" -C "$work/found"
fi
"$fuzz" -max_total_time="$seconds" -max_len=65536 -artifact_prefix="artifacts/$target-" \
  "$work/found" "../tests/fixtures/$target"

# Of all that reaches the same places the smallest, as one file.
"$fuzz" -merge=1 -use_counters=0 -max_len=65536 "$work/kept" "../tests/fixtures/$target" "$work/found"
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/kept" -cf - . |
  gzip -n9 >"corpus/$target.tar.gz"
