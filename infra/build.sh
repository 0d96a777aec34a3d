#!/usr/bin/env bash
# Builds all functions once and puts each where infra/template.yaml looks for it: target/lambda/<function>/bootstrap.
#
#   infra/build.sh [--arch arm64|x86_64] [--profile release|deploy|dev] [--function <name>]... [--into <folder>]
#
# --function builds only those that are named; --into puts them elsewhere.
# Without --arch it builds for this machine's processor; another one needs cargo-zigbuild and a Rust target. The
# architecture must be the one that the template is deployed with (its parameter Architecture).
set -euo pipefail
cd "$(dirname "$0")/.."

machine=$(uname -m)
case "$machine" in
  aarch64 | arm64) own=arm64 ;;
  *) own=x86_64 ;;
esac
arch=$own
profile=release
functions=()
into=target/lambda
while [ $# -gt 0 ]; do
  case "$1" in
    --arch) arch=${2:?--arch needs a value} && shift 2 ;;
    --profile) profile=${2:?--profile needs a value} && shift 2 ;;
    --function) functions+=("${2:?--function needs a value}") && shift 2 ;;
    --into) into=${2:?--into needs a value} && shift 2 ;;
    *) echo "build.sh: unknown argument $1" >&2 && exit 2 ;;
  esac
done
case "$arch" in
  arm64) triple=aarch64-unknown-linux-gnu ;;
  x86_64) triple=x86_64-unknown-linux-gnu ;;
  *) echo "build.sh: --arch is arm64 or x86_64" >&2 && exit 2 ;;
esac

if [ ${#functions[@]} -eq 0 ]; then
  for folder in functions/*/; do
    functions+=("$(basename "$folder")")
  done
fi
packages=()
for function in "${functions[@]}"; do
  packages+=(--package "$function")
done

target=${CARGO_TARGET_DIR:-target}
folder=$profile
if [ "$profile" = dev ]; then folder=debug; fi
# Only the functions: with --workspace they would carry the local side's engine.
if [ "$arch" = "$own" ] && [ "$(uname -s)" = Linux ]; then
  cargo build --locked --profile "$profile" "${packages[@]}"
  built=$target/$folder
else
  if ! cargo zigbuild --help >/dev/null 2>&1; then
    echo "build.sh: for $arch on this machine, install cargo-zigbuild and the Rust target $triple" >&2
    exit 1
  fi
  # The C library of provided.al2023.
  cargo zigbuild --locked --profile "$profile" --target "$triple.2.34" "${packages[@]}"
  built=$target/$triple/$folder
fi

for function in "${functions[@]}"; do
  mkdir -p "$into/$function"
  install -m 0755 "$built/$function" "$into/$function/bootstrap"
done
echo "${#functions[@]} functions for $arch in $into"
