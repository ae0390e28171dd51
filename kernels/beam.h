// Prefix beam search over CTC log-probs (Graves 2012, section 7.5; Hannun et al. 2014, arXiv:1408.2873).
//
// Every prefix in the beam carries the probability of all paths that spell it and end in the blank (`blank.total`) or in its
// last unit (`last.total`): a text is one hypothesis, in however many ways it is pronounced, or cut into units. They are kept as plain numbers under one common scale, so that adding paths costs an addition,
// and logarithms are taken once per prefix and frame. A frame first lets every prefix stay (blank, repeated unit, and what
// what its sources in the beam add), which bounds what a new prefix must score; then only extensions above the bound are made.
#pragma once

#include <string>

#include "prefix_tree.h"
#include "texts.h"

namespace ds2 {

struct BeamSettings {
  int beam = 100;
  double score_threshold = 0.0;  // drop what scores less than the best by this much; 0: never
  double cutoff_prob = 1.0;      // extend only by the likeliest units that together reach this probability
  int cutoff_top = 0;            // and by at most so many of them; 0: all
  std::size_t settle_after = 0;  // frames that a word stands in the best hypothesis before the others must say it too; 0: never
  double settle_share = 1.0;     // or, if that is not 0, as soon as those that say it have this share of the probability
  bool recombine = false;        // of prefixes that are alike to all that follows, the beaten ones are dropped
  std::size_t collect_after = 1 << 20;  // prefixes; then those that no hypothesis needs are thrown away
};

// Where in a text a unit stands.
enum class Place : int32_t { between, begins, inside };

struct Hypothesis {
  std::vector<int> units;         // of the likeliest path
  std::vector<int> word_starts, word_ends;  // in units: [start, end) of each word (each unit, where units are the tokens)
  std::vector<int> words;         // of the lexicon, or kNone for one outside it; units where these are the tokens
  double acoustic, model, total;  // natural logs; total = acoustic + alpha model + beta tokens + penalties + boosts
  std::vector<int> starts, ends;  // frames [start, end) of every unit on the likeliest path
  std::vector<float> peaks;       // each unit's best log-prob within its frames
};

class Beam {
 public:
  Beam(const Scorer& scorer, BeamSettings settings);

  void feed(const float* log_probs, std::size_t n_frames);  // (n_frames, n_units), any number of times

  // The best hypotheses of what was fed so far, scored as if it ended here; can be asked at any time.
  std::vector<Hypothesis> finish(std::size_t n_best);

  // The finished tokens that every prefix in the beam begins with: no later frame can change them.
  std::vector<int> agreed() const;

  int n_units() const { return scorer_.n_units(); }
  std::size_t n_frames() const { return frame_; }
  std::size_t n_prefixes() const { return tree_.size(); }

 private:
  // One unit on a likeliest path: where it starts; where its predecessor ended, and how clearly that one was heard.
  struct Mark {
    int32_t before, start, before_end, unit;
    float before_peak;
    Place place;
  };
  // The paths of a prefix that end one way: all of them together, and the likeliest. That one's share of the total shrinks
  // with time, so it cannot live on the common scale: its score is a logarithm, and grows by additions alone.
  struct Paths {
    double total = 0.0, log_best = kNever;
    int32_t mark = -1, end = 0;
    float peak = 0.0f;
  };
  struct Slot {
    int32_t prefix, history, text, unit;  // as in Prefix
    int32_t letters;                      // of the unfinished word
    int32_t first_child, last_child;      // of the lexicon's node
    Paths blank, last;      // ending in the blank; in the prefix's last unit
    double log_total;       // log(blank.total + last.total)
    double gain, bonus;     // of finished tokens; with the look-ahead
    double end_bound;       // no way to end the word earns more; kNever where it is none
    double child_bound;     // no extension's gain and look-ahead are better
    uint64_t children;      // a bit for every child in the beam: unit modulo 64
    double total() const { return blank.total + last.total; }
    const Paths& likeliest() const { return blank.log_best >= last.log_best ? blank : last; }
  };
  // What would enter the beam.
  struct Candidate {
    double score;
    int32_t slot, unit, history, text;
    float log_weight = 0.0f;  // of the spelling of the word that ends
    bool shared = false;      // by several sources
  };
  // All that reaches a prefix by its last unit, before that unit is heard.
  struct Arrival {
    double total = 0.0, log_best = kNever;
    const Paths* from = nullptr;  // of the likeliest
  };
  static constexpr int kOfSlot = -1;  // the history or text that the unit makes of its slot's

  void step(const float* log_probs);
  void stay();
  void choose_units();
  std::size_t likely_enough() const;
  void extend();
  void extend_by_units(int slot);
  void extend_by_letters(int slot);
  void extend_by_known_letters(int slot);
  void extend_by_unknown_letters(int slot);
  void extend_by_words(int slot);
  void extend_by_marked(int slot);
  void enter_words(int slot, const End& end, bool shared);
  bool is_shared(int word) const;
  double arrival(const Slot& slot, int unit) const;
  bool may_have_child(const Slot& slot, int unit) const { return slot.children >> (unit & 63) & 1; }
  bool has_child(const Slot& slot, int history, int text, int unit) const;
  void consider(const Candidate& candidate);
  void consider_shared(const Candidate& candidate);
  void tighten();
  void select();
  Slot extended(const Candidate& candidate);
  Arrival arriving(int prefix, bool mark_children);
  void arrive(Arrival& arrival, Slot& before, int unit, float log_weight) const;
  Paths emit(const Arrival& arrival, const Prefix& prefix);
  void fill(Slot& slot);
  void rescale();
  void recombine();
  bool is_beaten(const Slot& slot, const Slot& by) const;  // by one that is alike to all that follows
  void settle();
  std::vector<int32_t> best_path() const;  // the histories of the best prefix, shortest first
  void collect();
  double probability(int unit);
  void trace(Hypothesis& hypothesis, const Slot& slot, bool cut_unfinished) const;

  const Scorer& scorer_;
  BeamSettings settings_;
  PrefixTree tree_;
  std::vector<Slot> slots_, next_;
  std::vector<Mark> marks_;
  Settling settling_{settings_.settle_after, settings_.settle_share};
  std::vector<double> scores_, ranked_;     // of slots that stay, then of candidates
  std::vector<Candidate> candidates_;
  std::vector<int> order_;
  std::vector<int32_t> recombined_;         // slots, by what the rest depends on
  std::vector<std::pair<float, int>> units_;  // this frame's units to extend by, likeliest first
  std::vector<double> probabilities_;
  std::vector<std::size_t> probability_frame_, chosen_frame_;  // by unit: when it was last asked for, and chosen
  const float* log_probs_ = nullptr;
  double bound_ = kNever;   // what scores less cannot survive this frame
  double slack_ = 0.0;      // log of how many sources may share a prefix: one alone may lie below the bound by this
  double best_stay_ = kNever;
  double best_parent_ = kNever, best_ender_ = kNever;  // to extend by a letter, and by a space, before its log-prob
  double log_scale_ = 0.0;
  bool extend_by_space_ = false;
  std::size_t frame_ = 0, collect_at_;
};

}  // namespace ds2
