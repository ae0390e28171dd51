#!/usr/bin/env bash
# Mini LibriSpeech: the lowest word error rate that a few hours of speech give, with an n-gram of novels.
#   recipes/mini/run.sh           train-clean-5 alone, 4.9 h
#   recipes/mini/run.sh all       with all other English speech of DS2_DATA, 9.7 h
# DS2_DATA  folder that holds librispeech-train-clean-5, noise, text, ... (README.md)
# DEVICE    auto, cpu, cuda          GPUS   1          CONFIG   other settings          LM   another model
# Everything is in recipes/mini/work/ (or $DS2_WORK); an interrupted run goes on where it was.
set -euo pipefail

size=${1:-clean5}
here=$(cd "$(dirname "$0")" && pwd)
data=${DS2_DATA:?name the folder that holds librispeech-train-clean-5}
work=${DS2_WORK:-$here/work}/$size
run=$work/run device=${DEVICE:-auto} gpus=${GPUS:-1}
lm=${LM:-${DS2_WORK:-$here/work}/novels-4gram.bin}
[ -f "$here/$size.toml" ] || { echo "error: no preset \`$size\`; there are: clean5, all" >&2; exit 2; }
mkdir -p "$work"

speech=("$data/librispeech-train-clean-5/train.jsonl")
if [ "$size" = all ]; then
    speech+=("$data"/{an4,speechocean762}/train.jsonl "$data"/{ljspeech-part,vctk-p239,cv-mini-en}/all.jsonl)
fi
dev=$data/librispeech-train-clean-5/dev.jsonl
where=(--device "$device")
[ "$gpus" -eq 1 ] || where+=(--gpus "$gpus")

# Exit code 3 says that something was skipped and named; the recipe goes on.
lenient() { "$@" || [ $? -eq 3 ]; }

if [ -f "$run/config.toml" ]; then
    lenient ds2 train --resume "$run" "${where[@]}"
else
    lenient ds2 train "${speech[@]}" --dev "$dev" --config "${CONFIG:-$here/$size.toml}" --set augment.noise="$data/noise" \
        --run "$run" "${where[@]}"
fi >/dev/null

[ -f "$lm" ] || sh "$here/../../lm/novels-4gram.sh" "$lm" >&2
lenient ds2 decode "$run" "$dev" --log-probs "$work/dev.npz" --device "$device" -o "$work/greedy.jsonl"
ds2 tune "$run" "$work/dev.npz" --lm "$lm" > "$work/tuning.txt"
ds2 decode "$run" "$work/dev.npz" --lm "$lm" --beam 500 -o "$work/lm.jsonl"

echo "greedy, no language model";            ds2 score "$work/greedy.jsonl"
echo
echo "beam 500, 4-gram of novels; weights tuned on these utterances"; ds2 score "$work/lm.jsonl"
