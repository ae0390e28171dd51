#!/usr/bin/env bash
# AN4: recordings in, a recogniser and its word error rate out.
#   recipes/an4/run.sh          minutes on 2 cores
#   recipes/an4/run.sh long     an hour or two on 2 cores
# Everything it makes is in recipes/an4/work/ (or $DS2_WORK); an interrupted run goes on where it was.
set -euo pipefail

size=${1:-quick}
here=$(cd "$(dirname "$0")" && pwd)
work=${DS2_WORK:-$here/work}/$size
run=$work/run
[ -f "$here/$size.toml" ] || { echo "error: no preset \`$size\`; there are: quick, long" >&2; exit 2; }
mkdir -p "$work"
started=$SECONDS

# Four speakers of the training part are held out: they draw the learning curve. Test speech is heard once, at the end.
ds2 prepare corpus an4 "$here/data" --part train -o "$work/train.jsonl"
ds2 prepare corpus an4 "$here/data" --part test -o "$work/test.jsonl"
ds2 prepare split "$work/train.jsonl" --into "$work/fit.jsonl=0.95" --into "$work/dev.jsonl=0.05" --seed 1

if [ -f "$run/config.toml" ]; then
    ds2 train --resume "$run"
else
    ds2 train "$work/fit.jsonl" --dev "$work/dev.jsonl" --config "$here/$size.toml" --run "$run"
fi >/dev/null

# A 4-gram of the training transcripts. Half of them spell names, letter by letter, so a 6-gram of the words of a
# pronunciation dictionary, spelled, has a say within names. Weights were fitted on the held-out speakers (README.md).
lexicon=$here/../../ds2cli/model/shipped/english-phones/lexicon.txt.gz
gzip -dc "$lexicon" | cut -d ' ' -f 1 | grep -E '^[a-z]{2,}$' | sort -u | sed 's/./& /g; s/ $//' > "$work/spelled.txt"
ds2 lm build "$work/spelled.txt" --order 6 -o "$work/spelled.arpa"
ds2 lm build "$work/train.jsonl" --order 4 -o "$work/transcripts.arpa"
ds2 lm mix "$work/transcripts.arpa" "$work/spelled.arpa" --by-context --weights 0.8 0.2 -o "$work/lm.arpa"
ds2 decode "$run" "$work/test.jsonl" -o "$work/greedy.jsonl"
ds2 decode "$run" "$work/test.jsonl" --lm "$work/lm.arpa" --alpha 0.7 --beta 2 --blank-penalty 1.5 -o "$work/lm.jsonl"

seconds=$((SECONDS - started))
greedy=$(ds2 score "$work/greedy.jsonl" --json)
with_lm=$(ds2 score "$work/lm.jsonl" --json)
echo
echo "AN4 test: 130 utterances of 10 speakers who are not in the training set"
echo
echo "greedy, no language model";            ds2 score "$work/greedy.jsonl"
echo
echo "beam search, n-gram of the training transcripts and of spelled words"; ds2 score "$work/lm.jsonl"
echo
echo "learning curve: $run/curve.svg"
python - "$greedy" "$with_lm" "$seconds" <<'PYTHON'
import json, sys

greedy, with_lm = json.loads(sys.argv[1]), json.loads(sys.argv[2])
rate = lambda scores: round(scores["wer"], 2)
print(json.dumps({"greedy_wer": rate(greedy), "lm_wer": rate(with_lm), "seconds": int(sys.argv[3])}))
PYTHON
