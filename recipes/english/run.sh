#!/usr/bin/env bash
# The English model that ds2 brings (ds2cli/model/shipped/english.safetensors): 8.4 h of read speech, two hours on 2 cores.
#   DS2_DATA=DIR recipes/english/run.sh
# Reads librispeech-train-clean-5, speechocean762 and an4 in DS2_DATA. Everything it makes is in recipes/english/work/ (or
# $DS2_WORK); an interrupted run goes on where it was.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
dev=$data/librispeech-train-clean-5/dev.jsonl
run=$work/run
mkdir -p "$work"

if [ -f "$run/config.toml" ]; then
    ds2 train --resume "$run"
else
    ds2 train "$data"/{librispeech-train-clean-5,speechocean762,an4}/train.jsonl --dev "$dev" \
        --config "$here/english.toml" --run "$run" --processes 2
fi
ds2 export "$run" --half -o "$work/english.safetensors" --dev "$dev"

# What it is worth: alone, and with the novels' 3-gram at the weights that suit the same speakers best.
ds2 decode "$work/english.safetensors" "$dev" --log-probs "$work/dev.npz" | ds2 score
ds2 tune "$work/english.safetensors" "$work/dev.npz" --lm "$here/../../lm/novels-3gram.arpa.gz" || true
