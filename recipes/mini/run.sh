#!/usr/bin/env bash
# Mini LibriSpeech: what 4.9 hours of speech give, with n-grams of novels; four hours of one core in bf16.
#   DS2_DATA=DIR recipes/mini/run.sh
# Reads librispeech-train-clean-5, noise, text and cmudict in DS2_DATA. Everything it makes is in recipes/mini/work/ (or
# $DS2_WORK); an interrupted run goes on where it was. PRECISION=bf16 helps where `ds2 doctor` says so.
#   SETTINGS  another folder of the five .toml files          LM  another language model than the two of novels
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder that holds librispeech-train-clean-5}
speech=$data/librispeech-train-clean-5
settings=${SETTINGS:-$here}
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the recipe goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

# The phones of each text: CMUdict's first pronunciation, or g2p-en's guess (pip install g2p-en).
words() { grep -o '"text": "[^"]*"' "$@" | cut -d'"' -f4 | tr ' ' '\n' | sort -u; }
lexicon() { python3 "$here/../english/lexicon.py" "$data/cmudict/cmudict.dict" "$1"; }
if [ ! -f "$work/phones-dev.jsonl" ]; then
    words -h "$speech/train.jsonl" "$speech/dev.jsonl" > "$work/words.txt"
    lexicon "$work/words.txt" > "$work/spoken-words.txt"
    for part in train dev; do
        python3 "$here/../english/phones.py" "$work/spoken-words.txt" "$speech/$part.jsonl" > "$work/phones-$part.jsonl"
    done
    ds2 prepare units "$work/phones-train.jsonl" --separator " " -o "$work/phones.txt"
    ds2 lm build "$work/phones-train.jsonl" --order 3 -o "$work/phones.arpa"
fi

learn() {  # NAME RECORDS [OPTIONS]: train, or go on training
    local name=$1 records=$work/$2.jsonl
    shift 2
    if [ -f "$work/$name/config.toml" ]; then
        lenient ds2 train --resume "$work/$name"
    else
        lenient ds2 train "$records" --dev "$work/phones-dev.jsonl" --units "$work/phones.txt" \
            --config "$settings/$name.toml" --set train.precision="${PRECISION:-auto}" --run "$work/$name" "$@"
    fi > /dev/null
}
learn ctc phones-train

# What was said, of each word's pronunciations, as the network hears it, is what it learns from here on.
if [ ! -f "$work/heard.arpa" ]; then
    lenient ds2 align "$work/ctc" "$speech/train.jsonl" --lexicon-file "$work/spoken-words.txt" --unit-times -o "$work/aligned.jsonl"
    ds2 prepare pseudo-labels "$work/aligned.jsonl" --heard-units -o "$work/heard.jsonl"
    ds2 lm build "$work/heard.jsonl" --order 3 -o "$work/heard.arpa"
fi
crf=(--set loss.kind=ctc_crf --set loss.lm="$work/heard.arpa" --set augment.noise="$data/noise")
learn crf heard --init "$work/ctc" "${crf[@]}"
learn further heard --init "$work/crf" "${crf[@]}"
learn distilled heard --init "$work/further" "${crf[@]}" --set loss.teachers="[\"$work/crf\", \"$work/further\"]"

# Two language models of the novels: a 3-gram in 10 MB, and a 4-gram.
build() {  # NAME ORDER PRUNING: with the 86,000 commonest words
    [ -f "$work/$1.arpa" ] || ds2 lm build "$data/text/novels-train.txt.xz" --order "$2" --top 86000 --prune $3 -o "$work/$1.arpa"
}
if [ -n "${LM:-}" ]; then
    models=("$LM")
else
    build 3gram 3 "0 0 1"
    build 4gram 4 "0 0 1 1"
    [ -f "$work/small.arpa.xz" ] || ds2 lm prune "$work/3gram.arpa" --ngrams 2050000 --decimals 2 -o "$work/small.arpa.xz"
    models=("$work/small.arpa.xz" "$work/4gram.arpa")
fi

# A lexicon of their words, in which each pronunciation has the probability with which it is heard in the training speech.
if [ ! -f "$work/lexicon.txt" ]; then
    sed -n '/\\1-grams:/,/^$/p' <(xz -dcf "${models[0]}") | cut -sf2 | grep -v '[<>]' | sort -u > "$work/vocabulary.txt"
    lexicon "$work/vocabulary.txt" > "$work/vocabulary-lexicon.txt"
    lenient ds2 align "$work/distilled" "$speech/train.jsonl" --lexicon-file "$work/spoken-words.txt" --unit-times -o "$work/aligned.jsonl"
    ds2 prepare lexicon "$work/vocabulary-lexicon.txt" --lm "${models[0]}" --top 0 --units "$work/phones.txt" \
        --spoken "$work/aligned.jsonl" -o "$work/lexicon.txt"
fi

cat > "$work/distilled/decoding.toml" <<TOML
lexicon_file = "../lexicon.txt"
alpha = 1.1
beta = 0.0
beam = 700
score_threshold = 14.0
TOML

lenient ds2 decode "$work/distilled" "$work/phones-dev.jsonl" --greedy -o "$work/greedy.jsonl"
echo "greedy, phones"
ds2 score "$work/greedy.jsonl"

rates() {  # NAME [OPTIONS]: with each language model
    local name=$1
    shift
    lenient ds2 decode "$work/$name" "$speech/dev.jsonl" --greedy "$@" --log-probs "$work/$name.npz" > /dev/null
    for lm in "${models[@]}"; do
        echo
        echo "$name${*:+ and its teachers}, beam 700, $(basename "$lm")"
        ds2 decode "$work/$name" "$work/$name.npz" --lm "$lm" | ds2 score
    done
}
rates distilled
teachers=(--with "$work/crf" --with "$work/further")
rates distilled "${teachers[@]}"

# Last, speakers who are not strangers: the network learns from what it recognised in their recordings, without transcripts.
if [ ! -f "$work/recognised.jsonl" ]; then
    sed -E 's/, "(words_)?text": "[^"]*"//g' "$work/phones-dev.jsonl" > "$work/recordings.jsonl"
    lenient ds2 decode "$work/distilled" "$work/recordings.jsonl" "${teachers[@]}" --lm "${models[-1]}" --unit-times \
        -o "$work/decoded.jsonl"
    ds2 prepare pseudo-labels "$work/decoded.jsonl" --heard-units -o "$work/recognised.jsonl"
fi
if [ -f "$work/adapted/config.toml" ]; then
    lenient ds2 train --resume "$work/adapted"
else
    lenient ds2 train "$work/recognised.jsonl" --units "$work/phones.txt" --config "$settings/adapt.toml" --init "$work/distilled" \
        --set loss.kind=ctc_crf --set loss.lm="$work/heard.arpa" --set train.precision="${PRECISION:-auto}" --run "$work/adapted"
fi > /dev/null
cp "$work/distilled/decoding.toml" "$work/adapted/"
rates adapted
