// The best path of a text through CTC log-probs, with prices for audio without text (stars) and text without audio (skips).
//
// Time goes in steps, one or more of which make a frame; each earns that part of the frame's log-prob. With two a label may
// begin in the middle of a frame: right text that barely fits its frames (fast speech) costs less than leaving it out.
//
// After r steps (row r) a path is in a blank before label j (blank[j], j = 0..L; blank[L] is the last), in label j
// (label[j]), or in a star at word boundary u (star[u], u = 0..W). With y the labels and s[u] the first label of word u:
//
//   blank'[j] = log_probs[blank] + max(blank[j], label[j-1])
//   label'[j] = log_probs[y_j]   + max(label[j], blank[j], label[j-1] unless y_j = y_{j-1})
//   star'[u]  = heard            + max(star[u], gate[u] - star_open),   gate[u] = max(blank[s_u], label[s_u - 1])
//
// and then, without a step, blank'[s_u] becomes the best of itself, star'[u], and a skip of the words before it:
//
//   skip[u] = max(skip[u-1], max(blank', star', label'[s-1] at u-1) - skip_open) - skip_label (s_u - s_{u-1})
//
// So a star may follow the last label at once, and so may a skip; both end in the first label of the next word, or in a blank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ds2 {

struct AlignmentProblem {
  const float* log_probs;     // (n_frames, n_units)
  std::size_t n_frames, n_units;
  const int32_t* labels;      // (n_labels,)
  const int32_t* word_starts; // (n_words + 1,), increasing, from 0 to n_labels
  std::size_t n_labels, n_words;
  const float* heard;         // (n_frames,) what a star earns in each frame; nullptr: no stars
  float star_open;            // nats, as all prices
  bool may_skip;
  float skip_open, skip_label;
  std::size_t steps;          // of a frame, at least 1
};

struct Star {
  int32_t first, after, word;  // steps [first, after) are audio without text; it lies before this word
};

struct AlignedLabels {
  bool possible;                       // false: no path spells the labels in these steps
  std::vector<int32_t> starts, ends;   // steps [start, end) of each label; -1 where its word was skipped
  std::vector<Star> stars;             // in order of time
};

// `memory` bytes of back-pointers are kept at once; a larger problem is solved in blocks of steps between checkpoints, the
// blocks computed again on the way back: some 16 L sqrt(T) bytes and up to twice the time.
AlignedLabels viterbi_path(const AlignmentProblem& problem, std::size_t memory);

}  // namespace ds2
