#!/usr/bin/env bash
# English letters: transducers and CTC, each alone and with an n-gram; two hours and a half of a core in bf16.
#   DS2_DATA=DIR recipes/transducer/run.sh      DIR has librispeech-train-clean-5, ljspeech-part, vctk-p239 and text
# CTC and one transducer start from `english`, which ds2 brings and which knows these five hours already; another
# transducer starts from fresh weights; the last from `english-phones`, with more speech and with novels to read. Of the four
# held-out speakers two are for the n-gram's weights and the blank penalty, two for the table. All is in recipes/transducer/work/ (or
# $DS2_WORK); an interrupted run goes on. PRECISION=bf16 helps where `ds2 doctor` says so.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
corpora=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
data=$corpora/librispeech-train-clean-5
lm=$here/../../lm/novels-3gram.arpa.gz
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

tuning() { grep -E '"speaker": "(1737|7312)"' "$data/dev.jsonl"; }
testing() { grep -vE '"speaker": "(1737|7312)"' "$data/dev.jsonl"; }
absolute() { sed "s#\"audio_filepath\": \"#&$data/#"; }
tuning | absolute > "$work/tuning.jsonl"
testing | absolute > "$work/testing.jsonl"

records=("$data/train.jsonl")
learn() {  # NAME SETTINGS [OPTIONS]: from $records
    local run=$work/$1 settings=$here/$2.toml
    shift 2
    if [ -f "$run/config.toml" ]; then
        lenient ds2 train --resume "$run"
    else
        lenient ds2 train "${records[@]}" --dev "$work/tuning.jsonl" --config "$settings" \
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

penalty() {  # MODEL: the blank penalty with which it hears the other two speakers best
    for penalty in 0 0.3 0.6 0.9; do
        lenient ds2 decode "$1" "$work/tuning.jsonl" --greedy --blank-penalty "$penalty" -o "$work/trial.jsonl" 2> /dev/null
        ds2 score "$work/trial.jsonl" --json | python -c 'import json, sys; print(json.load(sys.stdin)["wer"], sys.argv[1])' "$penalty"
    done | sort -n | head -n 1 | cut -d' ' -f2
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

# The last has the encoder of `english-phones`, two more corpora, and a prediction network that reads novels first.
records=("$data/train.jsonl" "$corpora"/{ljspeech-part,vctk-p239}/all.jsonl)
if [ ! -f "$work/letters.txt" ]; then
    xz -dc "$corpora/text/novels-train.txt.xz" | awk 'length($0) > 20 && length($0) < 160' \
        | shuf -n 90000 --random-source=<(yes) > "$work/texts.txt"
    grep -ho '"text": "[^"]*"' "${records[@]}" | cut -d'"' -f4 >> "$work/texts.txt"
    ds2 prepare units "${records[@]}" -o "$work/letters.txt"
fi
learn letters letters --init english-phones --units "$work/letters.txt" "${transducer[@]}" --set loss.prune=5 \
    --set "train.predictor_texts=$work/texts.txt" --set train.predictor_epochs=1
rate "$work/letters" letters beam --beam 8
both "$work/letters" letters
rate "$work/letters" letters penalised --greedy --blank-penalty "$(penalty "$work/letters")"
rate english english greedy --greedy
for file in "$work"/*.json; do
    printf '%s\t' "$(basename "$file" .json)"
    python -c 'import json, sys; rates = json.load(open(sys.argv[1])); print("{wer:.2f}".format(**rates), rates["wer_interval"])' "$file"
done
