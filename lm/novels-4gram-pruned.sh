#!/bin/sh
# The model that ships beside english-phones: novels-4gram.arpa.xz, to which a link lies here.
# Words of sentences from novels, the 86,000 commonest, pruned by entropy.
# Needs DS2_DATA: a folder with text/novels-train.txt.xz and text/novels-dev.txt.gz.
set -eu
: "${DS2_DATA:?name the folder that holds text/novels-train.txt.xz}"
out=${1:-$(dirname "$0")/../ds2cli/model/shipped/english-phones/novels-4gram.arpa.xz}
full=$(mktemp --suffix .arpa)
trap 'rm -f "$full"' EXIT
ds2 lm build "$DS2_DATA/text/novels-train.txt.xz" --order 4 --top 86000 --prune 0 0 1 1 --output "$full"
ds2 lm prune "$full" --ngrams 2300000 --decimals 2 --dev "$DS2_DATA/text/novels-dev.txt.gz" --output "$out"
ds2 lm score "$out" "$DS2_DATA/text/novels-dev.txt.gz"
