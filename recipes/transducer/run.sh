#!/usr/bin/env bash
# English letters: transducers and CTC, each alone and with an n-gram; about 70 minutes of a core in bf16.
#   DS2_DATA=DIR recipes/transducer/run.sh      DIR/librispeech-train-clean-5 with train.jsonl and dev.jsonl
# CTC and one transducer start from `english`, which ds2 brings and which knows these five hours already; another
# transducer starts from fresh weights. Of the four held-out speakers two are for the weights of the n-gram, two for the
# table. Everything is in recipes/transducer/work/ (or $DS2_WORK); an interrupted run goes on. PRECISION=bf16 helps where
# `ds2 doctor` says so.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}/librispeech-train-clean-5
lm=$here/../../lm/novels-3gram.arpa.gz
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

tuning() { grep -E '"speaker": "(1737|7312)"' "$data/dev.jsonl"; }
testing() { grep -vE '"speaker": "(1737|7312)"' "$data/dev.jsonl"; }
absolute() { sed "s#\"audio_filepath\": \"#&$data/#"; }
tuning | absolute > "$work/tuning.jsonl"
testing | absolute > "$work/testing.jsonl"

learn() {  # NAME SETTINGS [OPTIONS]
    local run=$work/$1 settings=$here/$2.toml
    shift 2
    if [ -f "$run/config.toml" ]; then
        lenient ds2 train --resume "$run"
    else
        lenient ds2 train "$data/train.jsonl" --dev "$work/tuning.jsonl" --config "$settings" \
            --set train.precision="${PRECISION:-auto}" --run "$run" "$@"
    fi > /dev/null
}

rate() {  # MODEL NAME HOW [OPTIONS]: NAME.HOW.json, the rates on the two speakers
    local model=$1 name=$work/$2.$3
    shift 3
    [ ! -f "$name.json" ] || return 0
    lenient ds2 decode "$model" "$work/testing.jsonl" "$@" -o "$name.jsonl"
    ds2 score "$name.jsonl" --json > "$name.part"
    mv "$name.part" "$name.json"
}

both() {  # MODEL NAME: greedily, and with the 3-gram at the weights that suit the other two speakers
    rate "$1" "$2" greedy --greedy
    if [ ! -f "$1/decoding.toml" ]; then
        ds2 tune "$1" "$work/tuning.jsonl" --lm "$lm" --alphas "0.3 0.5 0.7 0.9" --betas "0 0.5 1 2" > /dev/null
    fi
    rate "$1" "$2" lm --lm "$lm"
}

transducer=(--set model.head=transducer --set loss.kind=transducer)
learn ctc further --init english
both "$work/ctc" ctc
learn transducer further --init english "${transducer[@]}" --set "train.predictor_texts=$data/train.jsonl"
rate "$work/transducer" transducer beam --beam 8
both "$work/transducer" transducer
learn scratch scratch "${transducer[@]}" --set loss.prune=5
rate "$work/scratch" scratch beam --beam 8
both "$work/scratch" scratch
rate english english greedy --greedy
for file in "$work"/*.json; do
    printf '%s\t' "$(basename "$file" .json)"
    python -c 'import json, sys; rates = json.load(open(sys.argv[1])); print("{wer:.2f}".format(**rates), rates["wer_interval"])' "$file"
done
