// The inner loops of the aligner: one frame, all labels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds2 {

// How a cell was reached. Bits 0 and 1: label j stayed, came from its blank, or from the label before; bit 2: blank j came
// from the label before.
enum Cell : uint8_t { kFromBlank = 1, kFromLabel = 2, kBlankFromLabel = 4 };

struct RowIn {
  const float *blank, *label;  // label[j] is at [j + 1]
  const float* repeats;        // -inf where a label equals the one before it, else 0
  const int32_t* labels;
  const float* log_probs;      // of this frame
};

// Cells [first, after) of the next row; `after` is at most the number of labels + 1.
void advance_row(const RowIn& in, float* blank, float* label, std::size_t first, std::size_t after);

// The same, with back-pointers: cells[j - first].
void advance_row(const RowIn& in, float* blank, float* label, std::size_t first, std::size_t after, uint8_t* cells);

}  // namespace ds2
