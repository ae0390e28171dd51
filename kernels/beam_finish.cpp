// From the prefixes in the beam to hypotheses: last word and </s> scored, equal texts added, units traced back to frames.
#include <unordered_map>

#include "beam.h"

namespace ds2 {
namespace {

// A text that the beam holds, whether or not a space follows it.
struct Ending {
  int node;            // the last letter's node, or the root
  double probability;  // of all paths
  double gain;         // of all tokens and </s>
  std::size_t slot;    // the slot with the likeliest path
  double log_best;     // its score
};

}  // namespace

std::vector<Hypothesis> Beam::finish(std::size_t n_best) {
  std::vector<Ending> endings;
  for (const bool cut_unfinished : {false, true}) {
    // With closed vocabulary an unfinished word is no word: its hypotheses count only, without it, where no other is left.
    std::unordered_map<int, std::size_t> of_node;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      int node = slots_[i].node;
      if (cut_unfinished)
        while (tree_.is_inside_word(node) && node) node = tree_[node].parent;
      if (scorer_.has_words() && !tree_.is_inside_word(node) && node) node = tree_[node].parent;
      const double best = slots_[i].likeliest().log_best;
      const auto [found, is_new] = of_node.try_emplace(node, endings.size());
      if (!is_new) {
        Ending& ending = endings[found->second];
        ending.probability += slots_[i].total();
        if (best > ending.log_best) ending.log_best = best, ending.slot = i;
        continue;
      }
      State state = tree_.state(tree_[node].state);
      double gain = tree_[node].gain;
      if (tree_.is_inside_word(node)) {
        State after{};
        gain += tree_.end_word(node, after);
        state = after;
      }
      gain += scorer_.end_sentence(state);
      endings.push_back({node, slots_[i].total(), gain, i, best});
    }
    endings.erase(std::remove_if(endings.begin(), endings.end(), [](const Ending& e) { return !(e.gain > kNever) || e.probability <= 0.0; }), endings.end());
    if (!endings.empty()) break;
  }
  const auto total = [&](const Ending& ending) { return std::log(ending.probability) + log_scale_ + ending.gain; };
  n_best = std::min(n_best, endings.size());
  std::partial_sort(endings.begin(), endings.begin() + n_best, endings.end(), [&](const Ending& a, const Ending& b) { return total(a) > total(b); });
  std::vector<Hypothesis> hypotheses;
  for (std::size_t i = 0; i < n_best; ++i) {
    Hypothesis hypothesis;
    hypothesis.acoustic = std::log(endings[i].probability) + log_scale_;
    hypothesis.total = total(endings[i]);
    trace(hypothesis, slots_[endings[i].slot], endings[i].node);
    hypothesis.model = model_score(hypothesis.units);
    hypotheses.push_back(std::move(hypothesis));
  }
  return hypotheses;
}

// The units of `node`, an ancestor-or-self of the slot's node, with their frames on the slot's likeliest path.
void Beam::trace(Hypothesis& hypothesis, const Slot& slot, int node) const {
  const Paths& path = slot.likeliest();
  int32_t mark = path.mark, end = path.end;
  float peak = path.peak;
  bool kept = slot.node == node;
  for (int at = slot.node; at > 0; at = tree_[at].parent) {
    kept = kept || at == node;
    if (kept) {
      hypothesis.units.push_back(tree_[at].unit);
      hypothesis.starts.push_back(marks_[mark].start);
      hypothesis.ends.push_back(end);
      hypothesis.peaks.push_back(peak);
    }
    end = marks_[mark].before_end;
    peak = marks_[mark].before_peak;
    mark = marks_[mark].before;
  }
  std::reverse(hypothesis.units.begin(), hypothesis.units.end());
  std::reverse(hypothesis.starts.begin(), hypothesis.starts.end());
  std::reverse(hypothesis.ends.begin(), hypothesis.ends.end());
  std::reverse(hypothesis.peaks.begin(), hypothesis.peaks.end());
}

// log p_lm of a whole hypothesis, without weight, penalty or boost.
double Beam::model_score(const std::vector<int>& units) const {
  State state = scorer_.begin(), next{};
  double score = 0.0;
  const auto token = [&](int id) {
    score += scorer_.model_score(id, state, next);
    state = next;
  };
  if (!scorer_.has_words()) {
    for (int unit : units) token(unit);
  } else {
    for (std::size_t at = 0; at < units.size(); ++at) {
      int node = scorer_.lexicon_root();
      for (; at < units.size() && units[at] != scorer_.space(); ++at) node = scorer_.lexicon_child(node, units[at]);
      token(node >= 0 ? scorer_.lexicon()->word(node) : Lexicon::kNone);
    }
  }
  return score + scorer_.model_end(state);
}

}  // namespace ds2
