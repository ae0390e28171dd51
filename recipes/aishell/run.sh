#!/usr/bin/env bash
# Mandarin: characters of GB2312 and a character n-gram; pinyin with a lexicon beside it.
#   AISHELL=DIR recipes/aishell/run.sh               178 h: DIR holds data_aishell (openslr.org/33); a GPU
#   DS2_DATA=DIR recipes/aishell/run.sh sample       two of its speakers: DIR/aishell-sample; an hour on a CPU
#   ... recipes/aishell/run.sh [sample] --quick      seconds: the pipe works, the numbers mean nothing
# LM_TEXT=FILE adds a text to the transcripts for the n-grams. Everything is in recipes/aishell/work/ (or $DS2_WORK); an
# interrupted run goes on where it was. PRECISION=bf16 helps where `ds2 doctor` says so.
set -euo pipefail

size=full quick=()
here=$(cd "$(dirname "$0")" && pwd)
for word; do
    case $word in
        sample) size=sample ;;
        --quick) quick=(--epochs 1 --set model.rnn_size=16 --set "model.conv_channels=[4, 4]") ;;
        *) echo "error: no size \`$word\`; there is: sample" >&2; exit 2 ;;
    esac
done
work=${DS2_WORK:-$here/work}/$size
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the experiment goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

if [ ! -f "$work/test.jsonl" ]; then
    if [ $size = full ]; then
        for part in train dev test; do
            lenient ds2 prepare corpus aishell "${AISHELL:?where is data_aishell: AISHELL=DIR}" --part $part \
                --normalise mandarin -o "$work/$part.jsonl"
        done
    else
        # Both speakers are in every part: what is measured is how well two known people are understood.
        ds2 prepare corpus nemo "${DS2_DATA:?where is aishell-sample: DS2_DATA=DIR}/aishell-sample/all.jsonl" \
            --normalise mandarin -o "$work/all.jsonl"
        ds2 prepare split "$work/all.jsonl" --into "$work/train.jsonl=0.9" --into "$work/held.jsonl=0.1" --by utterance
        ds2 prepare split "$work/held.jsonl" --into "$work/dev.jsonl=0.5" --into "$work/test.jsonl=0.5" --by utterance
    fi
fi

# Every character of the standard is a unit, whether or not somebody says it in the training set.
[ -f "$work/characters.txt" ] || ds2 prepare units "$work/train.jsonl" --characters gb2312 -o "$work/characters.txt"
if [ ! -f "$work/lm.arpa.gz" ]; then
    ds2 lm build "$work/train.jsonl" --words auto --order 4 -o "$work/lm.arpa.gz"
    if [ -n "${LM_TEXT:-}" ]; then
        ds2 lm text --language mandarin "$LM_TEXT" -o "$work/text.txt"
        ds2 lm build "$work/text.txt" --words auto --order 4 --prune 0 0 1 -o "$work/text.arpa.gz"
        ds2 lm mix "$work/text.arpa.gz" "$work/lm.arpa.gz" --weights "0.5 0.5" -o "$work/mixed.arpa.gz"
        mv "$work/mixed.arpa.gz" "$work/lm.arpa.gz"
    fi
fi
ds2 lm score "$work/lm.arpa.gz" "$work/dev.jsonl" --words auto

learn() {  # RUN TRAIN DEV UNITS [OPTIONS]
    local run=$work/$1 train=$2 dev=$3 units=$4
    shift 4
    if [ -f "$run/config.toml" ]; then
        lenient ds2 train --resume "$run"
    else
        lenient ds2 train "$train" --dev "$dev" --units "$units" --config "$here/$size.toml" \
            --set train.precision="${PRECISION:-auto}" --run "$run" "${quick[@]}" "$@"
    fi
}

rate() {  # RUN [OPTIONS]: tuned on dev, measured on test
    local run=$work/$1
    shift
    [ -f "$run/dev.npz" ] || lenient ds2 decode "$run" "$work/dev.jsonl" --greedy --log-probs "$run/dev.npz" > /dev/null
    [ -f "$run/test.npz" ] || lenient ds2 decode "$run" "$work/test.jsonl" --greedy --log-probs "$run/test.npz" > /dev/null
    ds2 tune "$run" "$run/dev.npz" --lm "$work/lm.arpa.gz" --alphas "0.3 0.5 0.7 0.9 1.2" --betas "0 1 2 3 4 6" \
        --lm-lookaheads 1 --blank-penalties "1 2" "$@" > "$run/tuning.txt"
    ds2 decode "$run" "$run/test.npz" --lm "$work/lm.arpa.gz" "$@" -o "$run/lm.jsonl"
}

# Pinyin: initials and finals with their tones, and a lexicon of every way to read each character of the n-gram's.
for part in train dev test; do
    [ -f "$work/$part.pinyin.jsonl" ] || lenient ds2 prepare pronounce "$work/$part.jsonl" --pinyin -o "$work/$part.pinyin.jsonl"
done
ds2 prepare lexicon --pinyin --lm "$work/lm.arpa.gz" -o "$work/lexicon.all.txt"
if [ ! -f "$work/pinyin.txt" ]; then  # what all characters need, not those of the training texts alone
    { echo '#separator=<space>'; cut -d ' ' -f 2- "$work/lexicon.all.txt" | tr ' ' '\n' | sort -u; } > "$work/pinyin.txt"
fi
init=()
[ $size = full ] || [ ${#quick[@]} -gt 0 ] || init=(--init english)  # an hour is little to begin from nothing with
learn pinyin "$work/train.pinyin.jsonl" "$work/dev.pinyin.jsonl" "$work/pinyin.txt" "${init[@]}" > /dev/null
lenient ds2 decode "$work/pinyin" "$work/test.pinyin.jsonl" --greedy -o "$work/pinyin/greedy.jsonl"
rate pinyin --lexicon-file "$work/lexicon.all.txt" --beam 300

[ $size = full ] || init=(--init "$work/pinyin")
learn characters "$work/train.jsonl" "$work/dev.jsonl" "$work/characters.txt" "${init[@]}" > /dev/null
lenient ds2 decode "$work/characters" "$work/test.jsonl" --greedy -o "$work/characters/greedy.jsonl"
rate characters

for what in pinyin/greedy pinyin/lm characters/greedy characters/lm; do
    echo
    echo "$what"
    ds2 score "$work/$what.jsonl"
done
