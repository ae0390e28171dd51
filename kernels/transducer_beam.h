// Beam search of an RNN transducer over the frames of its encoder.
//
// A hypothesis is a sequence of labels, and how a lexicon reads it; alignments that say the same are added. In each frame all
// hypotheses are extended side by side, by up to `max_labels` labels, and end the frame with the blank (time-synchronous: Saon,
// Tueske and Audhkhasi 2020, ICASSP, section 3); or, with `best_first`, the best one at a time, until enough have ended the frame that no
// other can overtake (Graves 2012, arXiv:1211.3711, section 2.5), which first adds to each what its prefixes say in the frame.
#pragma once

#include <string>
#include <unordered_map>

#include "beam.h"
#include "transducer_network.h"

namespace ds2 {

struct TransducerSettings {
  int beam = 8;
  double score_threshold = 0.0;  // drop what scores less than the best by this much; 0: never
  double cutoff_prob = 1.0;      // extend only by the likeliest labels that together, and with the blank, reach this probability
  int cutoff_top = 0;            // and by at most so many of them; 0: all
  int max_labels = 5;            // in one frame
  double internal = 0.0;         // weight of what the network expects without sound, taken away from each label's score
  double lowered = 0.0;          // taken from the blank's log-odds
  bool best_first = false;
  std::size_t settle_after = 0;  // as in BeamSettings
  double settle_share = 1.0;
  std::size_t collect_after = 1 << 18;
};

class TransducerBeam {
 public:
  TransducerBeam(const TransducerNetwork& network, const Scorer& scorer, TransducerSettings settings);

  void feed(const float* frames, std::size_t n_frames);  // (n_frames, joint size), any number of times
  std::vector<Hypothesis> finish(std::size_t n_best);    // as Beam's
  std::vector<int> agreed() const;

  const TransducerNetwork& network() const { return network_; }
  std::size_t n_frames() const { return frame_; }
  std::size_t n_labels() const { return labels_.size(); }

 private:
  // A sequence of labels, and where its prediction network stands.
  struct Labels {
    int32_t parent, unit;
    int32_t state = -1;  // place in the pools, or -1
  };
  // One label on a likeliest alignment.
  struct Mark {
    int32_t before, frame, unit;
    float log_prob;
    Place place;
  };
  struct Slot {
    int32_t labels, prefix;  // of `labels_`, and of the tree
    int32_t depth;           // labels in this frame, at least
    double log_total;        // all alignments
    double log_best;         // the likeliest
    int32_t mark;
    double internal;         // what the estimate of the internal model takes away
    double gain, bonus;      // of finished tokens; with the look-ahead
    uint64_t key() const { return static_cast<uint64_t>(static_cast<uint32_t>(labels)) << 32 | static_cast<uint32_t>(prefix); }
    double score() const { return log_total + bonus + internal; }
  };
  // How a hypothesis was first reached (best first alone): from which other, by what.
  struct Way {
    uint64_t from;
    int32_t unit;
    float log_weight;
    Place place;
  };
  struct Candidate {
    double score;
    int32_t slot, unit, history, text;  // history, text: kNew where the label makes them of the slot's
    float log_prob, log_weight;         // of the label; of the spelling of the word that ends
  };
  static constexpr int kNew = -2;

  void step(const float* frame);
  void step_in_time(const float* frame);
  void step_best_first(const float* frame);
  void add_prefixes(std::vector<Slot>& open, const float* frame);
  void listen(const std::vector<Slot>& slots, const float* frame);
  const float* heard(const Slot& slot) const { return &log_probs_[static_cast<std::size_t>(row_of_.at(slot.labels)) * network_.row()]; }
  void think(const std::vector<Slot>& slots);
  void extend(const std::vector<Slot>& slots, int index, const float* log_probs);
  void extend_by_unit(const Slot& slot, int index, int unit, float log_prob, double base);
  void extend_by_known_or_not(const Slot& slot, int index, int unit, float log_prob, double base);
  void end_words(const Slot& slot, int index, int unit, float log_prob, double base);
  float least_of(const float* log_probs);
  void consider(const Candidate& candidate);
  void keep_best_candidates();
  Slot extended(const Slot& slot, const Candidate& candidate);
  void merge(std::vector<Slot>& into, std::unordered_map<uint64_t, int>& places, const Slot& slot) const;
  double end_bound();
  void select(std::vector<Slot>& ended);
  double internal_of(int labels, int unit) const;
  int labels_with(int labels, int unit);
  void fill(Slot& slot);
  void settle();
  std::vector<int32_t> best_path() const;
  void collect();
  void forget_states();
  void trace(Hypothesis& hypothesis, const Slot& slot, bool cut_unfinished) const;

  const TransducerNetwork& network_;
  const Scorer& scorer_;
  TransducerSettings settings_;
  PrefixTree tree_;
  std::vector<Labels> labels_;
  std::unordered_map<uint64_t, int> children_;  // of labels by unit
  std::vector<std::vector<float>> states_, projected_, expected_;  // pools, by place
  std::vector<int> free_;
  std::vector<Slot> slots_, open_, ended_;
  std::unordered_map<uint64_t, int> open_places_, ended_places_;
  std::unordered_map<int, int> row_of_;  // by labels
  std::vector<float> log_probs_, ranked_units_;
  std::unordered_map<uint64_t, Way> ways_;  // by key
  std::vector<Candidate> candidates_;
  std::vector<Mark> marks_;
  std::vector<double> ranked_;
  Settling settling_{settings_.settle_after, settings_.settle_share};
  double bound_ = kNever;
  std::size_t frame_ = 0, collect_at_;
};

}  // namespace ds2
