#!/bin/sh
# The larger model: novels-4gram.bin, for decoding at its best. All words, 4-grams, singletons left out.
# Needs DS2_DATA: a folder with text/novels-train.txt.xz and text/novels-dev.txt.gz.
set -eu
: "${DS2_DATA:?name the folder that holds text/novels-train.txt.xz}"
out=${1:-$(dirname "$0")/novels-4gram.bin}
ds2 lm build "$DS2_DATA/text/novels-train.txt.xz" --order 4 --prune 0 0 1 1 --output "$out"
ds2 lm score "$out" "$DS2_DATA/text/novels-dev.txt.gz"
