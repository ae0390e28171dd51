#!/usr/bin/env bash
# The paper's findings again, on real speech.
#   recipes/ablation/run.sh [norm gru sortagrad conv lookahead data size]    all of them by default
#   recipes/ablation/run.sh --plan [FINDING ...]      how many hours it would take, estimated
#   recipes/ablation/run.sh --quick [FINDING ...]     minutes on a CPU, with AN4: the pipe works, the numbers mean nothing
# DATA     folder with train.jsonl and dev.jsonl   (default $DS2_DATA/librispeech-train-clean-5)
# DEVICE   auto, cpu, cuda                          EPOCHS   default 10; 6 on a CPU
# Everything is in recipes/ablation/work/ (or $DS2_WORK); what is finished is not done again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work} device=${DEVICE:-auto} plan='' quick=''
while [ $# -gt 0 ]; do
    case $1 in
        --plan) plan=yes ;;
        --quick) quick=--quick ;;
        -*) echo "error: no flag \`$1\`; there are: --plan, --quick" >&2; exit 2 ;;
        *) break ;;
    esac
    shift
done

if [ "$device" = auto ]; then
    device=$(python -c 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")')
fi
epochs=${EPOCHS:-10}
[ "$device" != cpu ] || epochs=${EPOCHS:-6}
if [ -n "$quick" ]; then
    work=$work/quick epochs=${EPOCHS:-1}
    [ $# -gt 0 ] || set -- lookahead
    data=$work
    mkdir -p "$work"
    ds2 prepare corpus an4 "$here/../an4/data" --part train -o "$work/all.jsonl"
    head -n 80 "$work/all.jsonl" > "$work/some.jsonl"
    ds2 prepare split "$work/some.jsonl" --into "$work/train.jsonl=0.8" --into "$work/dev.jsonl=0.2"
else
    data=${DATA:-${DS2_DATA:?name the folder that holds librispeech-train-clean-5, or set DATA}/librispeech-train-clean-5}
fi

variants=$(python "$here/variants.py" list "$@")
if [ -n "$plan" ]; then
    python "$here/variants.py" plan "$@" --data "$data" --epochs "$epochs" --device "$device" $quick
    exit
fi
python "$here/variants.py" write "$@" --work "$work" --data "$data" --epochs "$epochs" $quick

# A GPU is fed by the preset's worker processes; a CPU has no cores to spare for them.
reading=()
[ "$device" != cpu ] || reading=(--set batch.workers=0)

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

for name in $variants; do
    folder=$work/$name
    [ ! -f "$folder/score.json" ] || continue
    echo "== $name" >&2
    if [ -f "$folder/run/config.toml" ]; then
        lenient ds2 train --resume "$folder/run" --device "$device"
    else
        lenient ds2 train "$folder/train.jsonl" --dev "$data/dev.jsonl" --config "$folder/variant.toml" \
            --run "$folder/run" --device "$device" "${reading[@]}"
    fi > /dev/null
    lenient ds2 decode "$folder/run" "$data/dev.jsonl" --device "$device" -o "$folder/dev.hyp.jsonl"
    ds2 score "$folder/dev.hyp.jsonl" --json > "$folder/score.json.part"
    mv "$folder/score.json.part" "$folder/score.json"
done
python "$here/table.py" "$work" "$@"
