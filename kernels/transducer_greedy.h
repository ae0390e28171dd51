// The best path of a transducer: in each frame the likeliest label, as long as it is not the blank (Graves 2012, section 2.5).
#pragma once

#include "transducer_network.h"

namespace ds2 {

// One utterance under way.
struct GreedyPath {
  std::vector<int> units, frames;  // what was said, and in which frame
  std::vector<float> log_probs;    // of each unit where it was said
  double score = 0.0;              // of the path, blanks too
  int n_frames = 0;
  std::vector<float> state, projected;  // of the prediction network
};

class TransducerGreedy {
 public:
  // max_labels  in one frame; lowered: taken from the blank's log-odds
  TransducerGreedy(const TransducerNetwork& network, int max_labels, float lowered) : network_(network), max_labels_(max_labels), lowered_(lowered) {}

  GreedyPath start() const;
  // More frames (counts[i], J) of each path, side by side: one pass of the network for all that are still under way.
  void feed(const std::vector<GreedyPath*>& paths, const std::vector<const float*>& frames, const std::vector<std::size_t>& counts) const;

  const TransducerNetwork& network() const { return network_; }

 private:
  const TransducerNetwork& network_;
  int max_labels_;
  float lowered_;
};

}  // namespace ds2
