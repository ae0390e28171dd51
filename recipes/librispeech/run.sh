#!/usr/bin/env bash
# LibriSpeech, 960 hours: from the unpacked archives to word error rates on the four test and dev parts.
#   LIBRISPEECH=~/LibriSpeech recipes/librispeech/run.sh                 8 GPUs of one machine
#   LIBRISPEECH=~/LibriSpeech GPUS=1 DEVICE=cpu recipes/librispeech/run.sh
# LIBRISPEECH  the unpacked folder               GPUS, DEVICE  8, auto
# CONFIG       settings (large.toml)             LM_TEXT       librispeech-lm-norm.txt.gz (openslr.org/11); LM: a model
# TRAIN, DEV, TEST   parts of the corpus         SHARDS=no     read the FLAC files where they lie
# Several machines: SHARDS on a disk that all see, step 3 by torchrun (README.md). Steps that are done are not done again.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
corpus=${LIBRISPEECH:?name the folder that LibriSpeech was unpacked into}
work=${DS2_WORK:-$here/work}
run=$work/run device=${DEVICE:-auto} gpus=${GPUS:-8} config=${CONFIG:-$here/large.toml}
read -ra train <<< "${TRAIN:-train-clean-100 train-clean-360 train-other-500}"
read -ra dev <<< "${DEV:-dev-clean dev-other}"
read -ra test <<< "${TEST:-test-clean test-other}"
mkdir -p "$work"

# Exit code 3 says that something was skipped and named; the recipe goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

# 1. Records of every part.
for part in "${train[@]}" "${dev[@]}" "${test[@]}"; do
    [ -f "$work/$part.jsonl" ] || lenient ds2 prepare corpus librispeech "$corpus" --part "$part" -o "$work/$part.jsonl"
done

# 2. The training parts in tar files of an hour each, so that workers read long stretches of disk.
speech=()
for part in "${train[@]}"; do
    if [ "${SHARDS:-yes}" = no ]; then
        speech+=("$work/$part.jsonl")
    else
        lenient ds2 prepare shard "$work/$part.jsonl" -o "$work/shards/$part"
        speech+=("$work/shards/$part/shards.jsonl")
    fi
done

# 3. The network; the curve is drawn on the first dev part.
where=(--device "$device")
[ "$gpus" -eq 1 ] || where+=(--gpus "$gpus")
if [ -f "$run/config.toml" ]; then
    lenient ds2 train --resume "$run" "${where[@]}"
else
    lenient ds2 train "${speech[@]}" --dev "$work/${dev[0]}.jsonl" --config "$config" --run "$run" "${where[@]}"
fi >/dev/null

# 4. The language model: of LibriSpeech's own text for it where that is named, else of the transcripts.
lm=${LM:-$work/lm.bin}
if [ ! -f "$lm" ]; then
    if [ -n "${LM_TEXT:-}" ]; then
        zcat -f "$LM_TEXT" | tr A-Z a-z | ds2 lm build - --order 4 --prune 0 0 1 1 --top 200000 -o "$lm"
    else
        transcripts=("${train[@]/%/.jsonl}")
        ds2 lm build "${transcripts[@]/#/$work/}" --order 4 -o "$lm"
    fi
fi

# 5. Every part through the network once: greedy text, and log-probs for the search.
for part in "${dev[@]}" "${test[@]}"; do
    [ -f "$work/$part.greedy.jsonl" ] || lenient ds2 decode "$run" "$work/$part.jsonl" --device "$device" \
        --log-probs "$work/$part.npz" -o "$work/$part.greedy.jsonl"
done

# 6. Alpha and beta from the dev parts, which `ds2 decode RUN --lm` then begins from.
records=("${dev[@]/%/.jsonl}")
ds2 tune "$run" "${records[@]/#/$work/}" --lm "$lm" --device "$device" > "$work/tuning.txt"

# 7. Beam search and scores.
for part in "${dev[@]}" "${test[@]}"; do
    ds2 decode "$run" "$work/$part.npz" --lm "$lm" --beam 500 -o "$work/$part.lm.jsonl"
    for kind in greedy lm; do
        echo "== $part, $kind"
        ds2 score "$work/$part.$kind.jsonl" | tee "$work/$part.$kind.txt"
    done
done
