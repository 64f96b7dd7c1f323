#!/bin/sh
# Everything that needs a GPU, in one go: what is there, whether kernels compute what the CPU does,
# whether a training run takes the same course, and how fast it all is.
#
#   kernels/gpu-check.sh [DEVICE]      cuda:0 by default; emulator tries the script itself, in small
#
# Run it from the root of the source, after mvn -q -B package -DskipTests. It ends with exit code 0 if
# every check passes; the last lines say where the results are.
set -eu
cd "$(dirname "$0")/.."
device=${1:-cuda:0}
gatun="java -jar target/gatun.jar"
out=target/gpu-check
rm -rf "$out"
mkdir -p "$out"

if [ "$device" = emulator ]; then
  verify="--level forward --op mat_mul"
  run="--set training.max_steps=2 --set training.per_device_train_batch_size=1 --set training.logging_steps=1"
  gpu="--elements 65536 --size 64 --repeats 1"
  step="--batch 1 --seq 8 --warmup 1 --steps 1"
  model=src/test/resources/tiny-llama.json
else
  verify=""
  run="--set training.max_steps=200 --set training.logging_steps=10"
  gpu=""
  step="--batch 8 --seq 1024 --warmup 5 --steps 20"
  model=configs/models/gpt2-124m.json
fi
run="$run --set training.eval_strategy=no --set training.save_strategy=no --set questions=null --set samples=null --set then=null"

# keep FILE COMMAND...: what it prints goes to a file too, and a failure ends everything
keep() {
  file=$out/$1
  shift
  status=0
  "$@" > "$file" || status=$?
  cat "$file"
  [ $status = 0 ] || { echo "FAILED with exit code $status: $*"; exit 1; }
}

heading() {
  printf '\n=== %s\n' "$*"
}

# losses FOLDER: step and loss of each log
losses() {
  sed -n 's/.*"step":\([0-9]*\).*/\1 &/p' "$1/metrics.jsonl" | sed -n 's/^\([0-9]*\) .*"loss":\([0-9.eE+-]*\).*/\1 \2/p'
}

heading "What is there"
# shellcheck disable=SC2086
keep doctor.txt $gatun doctor

heading "Every operation against the reference"
# shellcheck disable=SC2086
keep verify.txt $gatun verify --device "$device" $verify

heading "A training run against the CPU"
for where in cpu "$device"; do
  # shellcheck disable=SC2086
  $gatun train configs/quickstart.json $run --device "$where" --set run.output_dir="$out/train-$where"
  losses "$out/train-$where" > "$out/losses-$where.txt"
done
paste "$out/losses-cpu.txt" "$out/losses-$device.txt" > "$out/losses.txt"
awk '
  { d = $2 - $4; if (d < 0) d = -d; worst = d / $2 > worst ? d / $2 : worst; n++
    if ($1 != $3) { print "the logs are of different steps"; bad = 1; exit } }
  END { if (bad) exit 1
    printf "%d logs, the losses differ by at most %.2g of their value\n", n, worst
    if (n == 0 || worst > 0.01) { print "FAILED: more than 0.01, or no logs"; exit 1 } }' "$out/losses.txt"

heading "Kernels beside a copy of memory, own products beside cuBLAS"
# shellcheck disable=SC2086
keep gpu.txt $gatun bench gpu --device "$device" $gpu

heading "Training steps: tokens/s and the share of the peak"
for type in f32 bf16; do
  for gemm in own auto; do
    # shellcheck disable=SC2086
    keep "steps-$gemm-$type.txt" $gatun bench step $model --device "$device" --gemm $gemm --dtype $type $step
  done
done

heading "All checks passed; the results are in $out"
