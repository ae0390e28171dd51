#!/usr/bin/env bash
# The paper's findings again, on real speech.
#   recipes/ablation/run.sh [norm gru sortagrad conv lookahead data size]    all of them by default
#   recipes/ablation/run.sh --plan [FINDING ...]      how many hours it would take, estimated
#   recipes/ablation/run.sh --quick [FINDING ...]     minutes on a CPU: the pipe works, the numbers mean nothing
# DATA     folder with train.jsonl and dev.jsonl: other speech than AN4's
# DEVICE   auto, cpu, cuda          EPOCHS   default 24          JOBS   networks at once; default 1, on a CPU its cores
# Everything is in recipes/ablation/work/ (or $DS2_WORK); what is finished is not done again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export work=${DS2_WORK:-$here/work} device=${DEVICE:-auto} data=${DATA:-}
plan='' quick=''
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
epochs=${EPOCHS:-24} jobs=${JOBS:-1}
if [ "$device" = cpu ]; then
    jobs=${JOBS:-$(nproc)}
    export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
fi
if [ -n "$quick" ]; then
    work=$work/quick epochs=${EPOCHS:-1}
    [ $# -gt 0 ] || set -- lookahead
fi

# AN4's training part; a fifth of its speakers are held out. Its test part stays unheard.
if [ -z "$data" ]; then
    data=$work/data
    mkdir -p "$data"
    ds2 prepare corpus an4 "$here/../an4/data" --part train -o "$data/all.jsonl"
    [ -z "$quick" ] || { head -n 80 "$data/all.jsonl" > "$data/some.jsonl"; mv "$data/some.jsonl" "$data/all.jsonl"; }
    ds2 prepare split "$data/all.jsonl" --into "$data/train.jsonl=0.8" --into "$data/dev.jsonl=0.2"
fi

where=(--data "$data" --epochs "$epochs" --device "$device" $quick)
variants=$(python "$here/variants.py" longest "$@" "${where[@]}")
if [ -n "$plan" ]; then
    python "$here/variants.py" plan "$@" "${where[@]}"
    exit
fi
python "$here/variants.py" write "$@" --work "$work" "${where[@]}"

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

# Train, decode and score one variant, where that has not been done.
one() {
    set -euo pipefail
    local folder=$work/$1
    [ ! -f "$folder/score.json" ] || return 0
    echo "== $1" >&2
    if [ -f "$folder/run/config.toml" ]; then
        lenient ds2 train --resume "$folder/run" --device "$device"
    else
        lenient ds2 train "$folder/train.jsonl" --dev "$data/dev.jsonl" --config "$folder/variant.toml" \
            --run "$folder/run" --device "$device"
    fi > /dev/null 2> "$folder/training.txt" || { cat "$folder/training.txt" >&2; return 1; }
    lenient ds2 decode "$folder/run" "$data/dev.jsonl" --device "$device" -o "$folder/dev.hyp.jsonl"
    ds2 score "$folder/dev.hyp.jsonl" --json > "$folder/score.json.part"
    mv "$folder/score.json.part" "$folder/score.json"
}
export -f one lenient
printf '%s\n' $variants | xargs -P "$jobs" -I NAME bash -c 'one NAME'
python "$here/table.py" "$work" "$@"
