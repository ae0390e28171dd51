#!/usr/bin/env bash
# The live English model (ds2cli/model/shipped/english-live): about 45 minutes on one core with bf16.
#   DS2_DATA=DIR recipes/live/run.sh
# Wants the phones, units and n-gram that recipes/english/run.sh leaves in its work folder.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
english=$here/../english/work
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
mkdir -p "$work"

learn() {  # RUN INIT [OPTIONS]
    local run=$work/$1 init=$2
    shift 2
    if [ -f "$run/config.toml" ]; then
        ds2 train --resume "$run"
    else
        ds2 train "$english/phones.jsonl" --dev "$english/phones-dev.jsonl" --config "$here/live.toml" \
            --set train.precision="${PRECISION:-auto}" --run "$run" --init "$init" --units "$english/phones.txt" "$@"
    fi
}
[ -f "$work/start.safetensors" ] || python3 "$here/start.py" "$english/phones.jsonl" "$work/start.safetensors"
learn ctc "$work/start.safetensors" --epochs 3 --set optimizer.schedule=constant
learn crf "$work/ctc" --epochs 6 --lr 1.4e-3 --set train.minutes=29 --set optimizer.schedule=cosine \
    --set loss.kind=ctc_crf --set loss.lm="$english/phones.arpa"
ds2 export "$work/crf" --half -o "$work/english-live.safetensors"
ds2 decode "$work/english-live.safetensors" "$data/librispeech-train-clean-5/dev.jsonl" \
    --lm "$here/../../lm/novels-3gram.arpa.gz" \
    --lexicon-file "$here/../../ds2cli/model/shipped/english-phones/lexicon.txt.gz" \
    --alpha 1.2 --beta 0 --beam 300 --score-threshold 14 | ds2 score
