#!/usr/bin/env bash
# The English model that ds2 brings (ds2cli/model/shipped/english): 8.4 h of read speech, some hours on 2 cores.
#   DS2_DATA=DIR recipes/english/run.sh
# Reads librispeech-train-clean-5, speechocean762, an4, ljspeech-part, vctk-p239 and noise in DS2_DATA. Everything it makes
# is in recipes/english/work/ (or $DS2_WORK); an interrupted run goes on where it was. PRECISION=bf16 helps where `ds2 doctor` says so.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
dev=$data/librispeech-train-clean-5/dev.jsonl
lm=$here/../../lm/novels-3gram.arpa.gz
mkdir -p "$work"

# learn PART SETTINGS [OPTIONS]: train, or go on training.
learn() {
    local run=$work/$1 settings=$here/$2.toml
    shift 2
    if [ -f "$run/config.toml" ]; then
        ds2 train --resume "$run" --processes 2
    else
        ds2 train "$data"/{librispeech-train-clean-5,speechocean762,an4}/train.jsonl --dev "$dev" \
            --config "$settings" --set train.precision="${PRECISION:-auto}" --run "$run" --processes 2 "$@"
    fi
}
learn first first
learn second second --init "$work/first"
# The third: the mean of each band moves to the utterance's, for speakers and rooms unheard.
adapted=(--set features.statistics=adapted --lr 1.2e-3)
learn third second --init "$work/second" "${adapted[@]}" --epochs 13
# The fourth: more dropout, views that must agree more, averaged weights.
learn fourth second --init "$work/third" "${adapted[@]}" --epochs 12 \
    --set model.dropout=0.3 --set augment.consistency=0.3 --set optimizer.average=0.999
ds2 export "$work/fourth" --half -o "$work/english.safetensors" --dev "$dev"

# What it is worth: alone, and with the novels' 3-gram at the weights that suit the same speakers best.
ds2 decode "$work/english.safetensors" "$dev" --log-probs "$work/dev.npz" | ds2 score
ds2 tune "$work/english.safetensors" "$work/dev.npz" --lm "$lm"

# The one of phones, english-phones: from the letters' encoder to 39 phones, then CTC-CRF.
lexicon=$here/../../ds2cli/model/shipped/english-phones/lexicon.txt.gz
phones() { python3 "$here/phones.py" "$data/cmudict/cmudict.dict" "$lexicon" "$@"; }
phones "$data"/{librispeech-train-clean-5,speechocean762,an4}/train.jsonl > "$work/phones.jsonl"
phones "$data"/{librispeech-train-clean-5,speechocean762,an4}/train.jsonl "$data"/{ljspeech-part,vctk-p239}/all.jsonl \
    > "$work/phones-more.jsonl"
phones "$dev" > "$work/phones-dev.jsonl"
ds2 prepare units "$work/phones.jsonl" --separator " " -o "$work/phones.txt"
ds2 lm build "$work/phones.jsonl" --order 3 -o "$work/phones.arpa"
spell() {  # RUN SETTINGS RECORDS [OPTIONS]: train on phones, or go on training
    local run=$work/$1 settings=$here/$2.toml records=$work/$3.jsonl
    shift 3
    if [ -f "$run/config.toml" ]; then
        ds2 train --resume "$run"
    else
        ds2 train "$records" --dev "$work/phones-dev.jsonl" --config "$settings" \
            --set train.precision="${PRECISION:-auto}" --run "$run" "$@"
    fi
}
crf=(--set loss.kind=ctc_crf --set loss.lm="$work/phones.arpa")
spell phones ctc-phones phones --init "$work/fourth" --units "$work/phones.txt"
spell phones-crf crf-phones phones --init "$work/phones" "${crf[@]}"
spell phones-further further-phones phones-more --init "$work/phones-crf" "${crf[@]}" --set augment.noise="$data/noise"
# Wider: what was said, word by word, by the network so far (words that CMUdict lacks as g2p-en guesses them: pip install
# g2p-en), is what it learns now; and how often each pronunciation was said goes into the lexicon.
speech=("$data"/{librispeech-train-clean-5,speechocean762,an4}/train.jsonl "$data"/{ljspeech-part,vctk-p239}/all.jsonl)
if [ ! -f "$work/aligned.jsonl" ]; then
    cat "${speech[@]}" | grep -o '"text": "[^"]*"' | cut -d'"' -f4 | tr ' ' '\n' | sort -u > "$work/words.txt"
    python3 "$here/lexicon.py" "$data/cmudict/cmudict.dict" "$work/words.txt" > "$work/spoken-words.txt"
    ds2 align "$work/phones-further" "${speech[@]}" --lexicon-file "$work/spoken-words.txt" --unit-times -o "$work/aligned.jsonl"
fi
ds2 prepare pseudo-labels "$work/aligned.jsonl" --heard-units --max 60 -o "$work/phones-heard.jsonl"
ds2 lm build "$work/phones-heard.jsonl" --order 3 -o "$work/phones-heard.arpa"
python3 "$here/widen.py" "$work/phones-further" 384 "$work/wider.safetensors"
spell phones-wider wider-phones phones-heard --init "$work/wider.safetensors" --set loss.kind=ctc_crf \
    --set loss.lm="$work/phones-heard.arpa" --set augment.noise="$data/noise"
ds2 export "$work/phones-wider" -o "$work/english-phones.safetensors" --dev "$work/phones-dev.jsonl"

ngram=$here/../../lm/novels-4gram-pruned.arpa.xz
ds2 prepare lexicon "$lexicon" --lm "$ngram" --top 0 --units "$work/phones.txt" --spoken "$work/aligned.jsonl" -o "$work/lexicon.txt"
ds2 decode "$work/english-phones.safetensors" "$dev" --lm "$ngram" --lexicon-file "$work/lexicon.txt" \
    --alpha 1.3 --beta 0 --beam 700 --score-threshold 14 | ds2 score
