#!/bin/sh
# The small model that ships beside the English recogniser: novels-3gram.arpa.gz, to which a link lies here.
# Words of sentences from novels, 50,000 words, pruned by entropy.
# Needs DS2_DATA: a folder with text/novels-train.txt.xz and text/novels-dev.txt.gz.
set -eu
: "${DS2_DATA:?name the folder that holds text/novels-train.txt.xz}"
out=${1:-$(dirname "$0")/../ds2cli/model/shipped/english/novels-3gram.arpa.gz}
full=$(mktemp --suffix .arpa)
trap 'rm -f "$full"' EXIT
ds2 lm build "$DS2_DATA/text/novels-train.txt.xz" --order 3 --top 50000 --output "$full"
ds2 lm prune "$full" --ngrams 560000 --dev "$DS2_DATA/text/novels-dev.txt.gz" --output "$out"
ds2 lm score "$out" "$DS2_DATA/text/novels-dev.txt.gz"
