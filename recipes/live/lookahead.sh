#!/usr/bin/env bash
# What it costs to answer early: one direction with a lookahead of 0, 10, 20, 40, 80 frames beside two directions.
#   DS2_DATA=DIR recipes/live/lookahead.sh
# Each network begins as recipes/live/start.py leaves it and learns train-clean-5 for 4 epochs of CTC (15 minutes on one core
# with bf16). Wants the phones and units that recipes/english/run.sh leaves in its work folder. Goes on where it was.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
english=${DS2_ENGLISH:-$here/../english/work}
work=${DS2_WORK:-$here/work/lookahead}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
shipped=$(cd "$here/../../ds2cli/model/shipped" && pwd)
dev=$data/librispeech-train-clean-5/dev.jsonl
mkdir -p "$work"
grep /librispeech-train-clean-5/ "$english/phones.jsonl" > "$work/phones.jsonl"

learn() {  # NAME START: train, decode, score
    local run=$work/$1
    if [ ! -f "$run/config.toml" ]; then
        ds2 train "$work/phones.jsonl" --dev "$english/phones-dev.jsonl" --config "$here/live.toml" \
            --set train.precision="${PRECISION:-auto}" --run "$run" --init "$2" --units "$english/phones.txt" \
            --epochs 4 --set optimizer.schedule=cosine
        cat > "$run/decoding.toml" <<SETTINGS
lm = "$shipped/english/novels-3gram.arpa.gz"
lexicon_file = "$shipped/english-phones/lexicon.txt.gz"
alpha = 0.8
beta = 0.5
beam = 300
score_threshold = 14.0
SETTINGS
    else
        ds2 train --resume "$run"
    fi
    [ -f "$work/$1.score.json" ] && return
    ds2 decode "$run" "$dev" > "$work/$1.jsonl"
    ds2 score "$work/$1.jsonl" --json > "$work/$1.score.json"
}
for frames in 0 10 20 40 80; do
    start=$work/start-$frames.safetensors
    [ -f "$start" ] || python3 "$here/start.py" "$english/phones.jsonl" "$start" --lookahead "$frames"
    learn "ahead-$frames" "$start"
    # How late words are, of 40 utterances laid end to end.
    [ -s "$work/ahead-$frames.late.jsonl" ] || DS2_DATA=$data python3 "$here/../../tests/benchmarks/stream.py" \
        --model "$work/ahead-$frames" --utterances 40 --no-peers > "$work/ahead-$frames.late.jsonl"
done
learn both english-phones
python3 "$here/lookahead.py" "$work" "$here/lookahead.svg"
