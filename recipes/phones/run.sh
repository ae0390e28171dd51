#!/usr/bin/env bash
# Graves' table of phone error rates (2013): CTC and transducers, 1 to 5 layers, one direction and two, pretrained or not.
#   DS2_DATA=DIR recipes/phones/run.sh [NAME ...]    DIR/speechocean762, of which 13 speakers each are held out
#   TIMIT=DIR recipes/phones/run.sh [NAME ...]       LDC93S1: its own parts, 61 phones, scored as 39
#   ... recipes/phones/run.sh --quick NAME ...       seconds: the pipe works, the numbers mean nothing
# Names are HEAD-LAYERS[-forward][-with-ctc][-pretrained|-further]: ctc-3, transducer-3-pretrained; all of the table by default.
# Everything is in recipes/phones/work/ (or $DS2_WORK); what is finished is not done again, an interrupted run goes on.
# PRECISION=bf16 helps where `ds2 doctor` says so.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work} quick=()
[ -z "${TIMIT:-}" ] || work=$work/timit
if [ "${1:-}" = --quick ]; then
    work=$work/quick
    quick=(--epochs 1 --set model.rnn_size=16 --set "model.conv_channels=[4, 4]")
    shift
fi
[ $# -gt 0 ] || set -- ctc-3 transducer-3 transducer-3-pretrained ctc-1 ctc-2 ctc-5 ctc-3-forward ctc-3-further \
    transducer-1 transducer-3-forward transducer-3-with-ctc
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

fold=()
if [ -n "${TIMIT:-}" ]; then
    fold=(--normalise "$here/timit-39.glm")
    for part in train dev test; do
        [ -f "$work/$part.jsonl" ] || lenient ds2 prepare corpus timit "$TIMIT" --part $part -o "$work/$part.jsonl"
    done
elif [ ! -f "$work/test.jsonl" ]; then
    corpus=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}/speechocean762
    words=$corpus/train.jsonl phones=$corpus/text-phone
    if [ ! -f "$words" ]; then  # as it is published
        words=$work/words.jsonl phones=$corpus/resource/text-phone
        ds2 prepare corpus speechocean762 "$corpus" --part train -o "$words"
    fi
    python "$here/phones.py" "$words" "$phones" > "$work/all.jsonl"
    if [ ${#quick[@]} -gt 0 ]; then
        awk 'NR % 5 == 0' "$work/all.jsonl" > "$work/some.jsonl"
        mv "$work/some.jsonl" "$work/all.jsonl"
    fi
    ds2 prepare split "$work/all.jsonl" --into "$work/train.jsonl=0.8" --into "$work/dev.jsonl=0.1" \
        --into "$work/test.jsonl=0.1"
fi
[ -f "$work/units.txt" ] || ds2 prepare units "$work/train.jsonl" --separator " " -o "$work/units.txt"

learn() {  # NAME [OPTIONS]
    local run=$work/$1
    shift
    if [ -f "$run/config.toml" ]; then
        lenient ds2 train --resume "$run"
    else
        lenient ds2 train "$work/train.jsonl" --dev "$work/dev.jsonl" --units "$work/units.txt" \
            --config "$here/phones.toml" --set train.precision="${PRECISION:-auto}" --run "$run" "${quick[@]}" "$@"
    fi
}

rate() {  # NAME HOW [OPTIONS]: NAME/HOW.json, the rates on the test part
    local run=$work/$1 how=$2
    shift 2
    lenient ds2 decode "$run" "$work/test.jsonl" "$@" -o "$run/$how.jsonl"
    ds2 score "$run/$how.jsonl" --words phones "${fold[@]}" --cluster speaker --json > "$run/$how.part"
    mv "$run/$how.part" "$run/$how.json"
}

one() {  # NAME
    local name=$1 head layers more settings ctc=0
    [ ! -f "$work/$name/beam.json" ] || return 0
    echo "== $name" >&2
    IFS=- read -r head layers more <<< "$name"
    case $more in *with-ctc*) ctc=0.1 ;; esac
    settings=(--set "model.head=$head" --set "model.rnn_layers=$layers" --set "loss.kind=$head" --set "loss.ctc_weight=$ctc")
    case $more in *forward*) settings+=(--set model.bidirectional=false) ;; esac
    case $more in *pretrained* | *further*)
        local start=ctc-$layers
        case $more in *forward*) start=$start-forward ;; esac
        one "$start"
        settings+=(--init "$work/$start") ;;
    esac
    case $more in *pretrained*) settings+=(--set "train.predictor_texts=$work/train.jsonl") ;; esac
    learn "$name" "${settings[@]}" > /dev/null
    rate "$name" greedy --greedy
    rate "$name" beam --beam 8
}

for name; do one "$name"; done
python "$here/table.py" "$work"
