#!/bin/sh
# Makes ptx/*.ptx from *.cu with nvcc, the same bytes each time.
#
# The PTX is committed: only who changes a kernel needs nvcc. Its header is rewritten to version 7.0,
# which every driver since CUDA 11.0 loads; ptx/entries lists which file has which entry.
#
#   kernels/build.sh [OUTPUT_FOLDER [NAME...]]      NAME is a source without .cu; all by default
set -eu
cd "$(dirname "$0")"
out=${1:-ptx}
mkdir -p "$out"
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(ls ./*.cu | sed -E 's/.*\/(.*)\.cu/\1/')

# make FILE ARCHITECTURE
make() {
  target="$out/$1.sm$2.ptx"
  nvcc -ptx -arch="compute_$2" -std=c++17 -O3 -lineinfo -o "$target.raw" "$1.cu"
  # Comments name the compiler's build, and .file the folder and the time of the build. Where a line
  # of an inlined function was called from, and which bytes of a load matter, version 7.0 cannot say.
  sed -E \
    -e '/^\/\//d' -e 's/^[[:space:]]*\/\/.*$//' \
    -e 's/^\.version .*/.version 7.0/' \
    -e '/used_bytes_mask/d' -e 's/, function_name .*$//' -e '/^[[:space:]]*\.section/,/}/d' \
    -e 's/(\.file[[:space:]]+[0-9]+) "([^"]*\/)?([^"\/]*)".*/\1 "\3"/' \
    "$target.raw" | sed -E '/^[[:space:]]*$/d' > "$target"
  rm "$target.raw"
}

for name in "$@"; do
  case $name in
    *_bf16) make "$name" 80 ;;
    *) make "$name" 75 ;;
  esac
done

cd "$out"
grep -o '\.entry [a-z0-9_]*' ./*.ptx | sed -E 's/\.\/(.*):\.entry (.*)/\2 \1/' | LC_ALL=C sort > entries
