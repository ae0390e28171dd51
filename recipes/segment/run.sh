#!/usr/bin/env bash
# Does `ds2 prepare segment` find what is said, and leave out what is not? Chapters with known boundaries and known errors.
#   DS2_DATA=DIR recipes/segment/run.sh [MODEL]     MODEL is a run or checkpoint; default: the English model in ds2
# Reads librispeech-train-clean-5/dev.jsonl (four speakers: the test), ljspeech-part/all.jsonl and vctk-p239/all.jsonl (two
# others: the filter learns from them) and noise/ in DS2_DATA. The model must have heard none of these speakers.
# Everything it makes is in recipes/segment/work/ (or $DS2_WORK); filter.json there is what ds2 ships.
set -euo pipefail

model=${1:-english}
here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}
data=${DS2_DATA:?name the folder of the corpora: DS2_DATA=DIR}
learns=("$data/ljspeech-part/all.jsonl" "$data/vctk-p239/all.jsonl")
test="$data/librispeech-train-clean-5/dev.jsonl"
mkdir -p "$work"

align() { [ -f "$2" ] || ds2 align "$model" "$1" -o "$2" || [ $? = 3 ]; }
segment() {  # FOLDER OUTPUT [OPTIONS]
    ds2 prepare segment --model "$model" "$1" --all --work "$work/kept" -o "$2" "${@:3}" 2> "$2.log" || [ $? = 3 ]
}
measure() { python "$here/measure.py" "$@"; }

# 1. What the model itself is worth on the test speakers, and when each word is said.
ds2 decode "$model" "$test" --greedy | ds2 score --json > "$work/wer.json"
align "$test" "$work/test.words.jsonl"

# 2. The filter: texts with many errors, of speakers who are not the test's.
labelled=()
for manifest in "${learns[@]}"; do
    name=$(basename "$(dirname "$manifest")")
    variants=(words:1 words:2 words:3 utterances:1 utterances:2 utterances:3)
    [ -d "$work/$name" ] || python "$here/make_long.py" "$manifest" --into "$work/$name" --noise "$data/noise" --share 0.4 \
        --errors "${variants[@]}"
    align "$manifest" "$work/$name.words.jsonl"
    for variant in "${variants[@]/:/-}"; do
        place=$work/$name/$variant
        segment "$place.jsonl" "$place.segments.jsonl" --min-confidence 0
        measure "$place.segments.jsonl" --truth "$place.truth.jsonl" --words "$work/$name.words.jsonl" \
            --labelled "$place.labelled.jsonl" >/dev/null
        labelled+=(--train "$place.labelled.jsonl")
    done
done
ds2 prepare filter "${labelled[@]}" --recall 0.97 -o "$work/filter.json"

# 3. The test: the right text; one in ten utterances wrong, all of it or some words.
variants=(none words:11 words:12 words:13 utterances:11 utterances:12 utterances:13)
[ -d "$work/test" ] || python "$here/make_long.py" "$test" --into "$work/test" --noise "$data/noise" --errors "${variants[@]}"
for variant in "${variants[@]/:/-}"; do
    place=$work/test/$variant
    segment "$place.jsonl" "$place.segments.jsonl" --filter "$work/filter.json"
    echo "$variant $(measure "$place.segments.jsonl" --truth "$place.truth.jsonl" --words "$work/test.words.jsonl" \
        --labelled "$place.labelled.jsonl")"
done | tee "$work/test.txt"
tested=()
for variant in "${variants[@]/:/-}"; do tested+=(--test "$work/test/$variant.labelled.jsonl"); done
ds2 prepare filter "${labelled[@]}" "${tested[@]}" --recall 0.97 2>&1 >/dev/null | tail -n ${#variants[@]}
wer=$(python -c "import json; print(round(json.load(open('$work/wer.json'))['wer'], 2))")
echo "the model's own WER on the test's speakers, greedy: $wer %"
