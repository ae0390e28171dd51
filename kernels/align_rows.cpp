#include "align_rows.h"

#include <limits>

#include "clones.h"

namespace ds2 {
namespace {

inline float larger(float a, float b) { return a > b ? a : b; }

}  // namespace

DS2_CLONES
static void plain_row(const float* __restrict blank, const float* __restrict label, const float* __restrict repeats,
                      const int32_t* __restrict labels, const float* __restrict log_probs, float* __restrict next_blank,
                      float* __restrict next_label, std::size_t n) {
  const float silence = log_probs[0];
  for (std::size_t j = 0; j < n; ++j) {
    const float before = label[j];
    next_label[j + 1] = larger(larger(blank[j], label[j + 1]), before + repeats[j]) + log_probs[labels[j]];
    next_blank[j] = larger(blank[j], before) + silence;
  }
}

DS2_CLONES
static void traced_row(const float* __restrict blank, const float* __restrict label, const float* __restrict repeats,
                       const int32_t* __restrict labels, const float* __restrict log_probs, float* __restrict next_blank,
                       float* __restrict next_label, uint8_t* __restrict cells, std::size_t n) {
  const float silence = log_probs[0];
  for (std::size_t j = 0; j < n; ++j) {
    const float before = label[j], onward = before + repeats[j];
    const float stay = larger(blank[j], label[j + 1]);
    const int from_blank = blank[j] > label[j + 1] ? kFromBlank : 0;
    const int from = onward > stay ? kFromLabel : from_blank;
    next_label[j + 1] = larger(stay, onward) + log_probs[labels[j]];
    next_blank[j] = larger(blank[j], before) + silence;
    cells[j] = static_cast<uint8_t>(from | (before > blank[j] ? kBlankFromLabel : 0));
  }
}

void advance_row(const RowIn& in, float* blank, float* label, std::size_t first, std::size_t after) {
  plain_row(in.blank + first, in.label + first, in.repeats + first, in.labels + first, in.log_probs, blank + first, label + first,
            after - first);
}

void advance_row(const RowIn& in, float* blank, float* label, std::size_t first, std::size_t after, uint8_t* cells) {
  traced_row(in.blank + first, in.label + first, in.repeats + first, in.labels + first, in.log_probs, blank + first, label + first,
             cells, after - first);
}

}  // namespace ds2
