// The lattice of an RNN transducer: every way to emit a text's labels and the blanks between them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds2 {

// log p of each utterance's text, and how it hangs on the probabilities at each place.
//
// blanks, labels  (B, T, U + 1) natural logs: at frame t, after u labels, of going on to the next frame, of the next label; what
//                 they hold beyond an utterance's frames or after its last label does not matter
// frames, n_labels  (B,) 1 to T, and 0 to U
// log_p           (B,)
// blank_shares, label_shares  (B, T, U + 1) d log_p / d blanks and d labels: the share of all paths that pass there, 0 beyond an
//                 utterance; both may be null
//
// Graves 2012, arXiv:1211.3711, equations 16 to 20; sums of logs in float64.
struct Lattices {
  std::size_t n_utterances, n_frames, n_places;  // B, T, U + 1
  const float *blanks, *labels;
  const int32_t *frames, *n_labels;
};
void transducer_paths(const Lattices& lattices, std::size_t n_threads, double* log_p, float* blank_shares, float* label_shares);

}  // namespace ds2
