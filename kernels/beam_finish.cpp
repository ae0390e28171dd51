// From the prefixes in the beam to hypotheses: last word and </s> scored, equal texts added, units traced back to frames.
#include <string>
#include <unordered_map>

#include "beam.h"
#include "texts.h"

namespace ds2 {
namespace {

// A text that the beam holds, whether or not a space follows it.
struct Ending {
  int history;          // its tokens; where units are tokens, those of its best cut
  double log_acoustic;  // of all paths, on the common scale
  double log_total;     // with all gains
  double best_total;    // of the best of its cuts
  std::size_t slot;     // the slot with the likeliest path
  double log_best;      // its score
};

}  // namespace

std::vector<Hypothesis> Beam::finish(std::size_t n_best) {
  std::vector<Ending> endings;
  bool cut_unfinished = false;
  for (;; cut_unfinished = true) {
    // With closed vocabulary an unfinished word is no word: its hypotheses count only, without it, where no other is left.
    std::unordered_map<std::string, std::size_t> of_text;
    const auto add = [&](std::size_t at, int history, double log_weight) {
      const double log_acoustic = std::log(slots_[at].total()) + log_weight, log_best = slots_[at].likeliest().log_best + log_weight;
      const double log_total = log_acoustic + tree_.history(history).gain + scorer_.end_sentence(tree_.history(history).state, tree_.history(history).phrase);
      if (!(log_total > kNever)) return;
      const auto [found, is_new] = of_text.try_emplace(text_key(tree_, scorer_, history), endings.size());
      if (is_new) return endings.push_back({history, log_acoustic, log_total, log_total, at, log_best});
      Ending& ending = endings[found->second];
      ending.log_acoustic = log_add(ending.log_acoustic, log_acoustic);
      ending.log_total = log_add(ending.log_total, log_total);
      const bool same_tokens = ending.history == history;
      if (same_tokens ? log_best > ending.log_best : log_total > ending.best_total) ending.slot = at, ending.log_best = log_best, ending.history = history;
      ending.best_total = std::max(ending.best_total, log_total);
    };
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!slots_[i].text || cut_unfinished) add(i, slots_[i].history, 0.0);
      else
        for (auto [end, last] = tree_.ends(slots_[i].prefix); end != last; ++end) add(i, tree_.history_of(slots_[i].prefix, *end), end->log_weight);
    }
    if (!endings.empty() || cut_unfinished) break;
  }
  n_best = std::min(n_best, endings.size());
  std::partial_sort(endings.begin(), endings.begin() + n_best, endings.end(), [](const Ending& a, const Ending& b) { return a.log_total > b.log_total; });
  std::vector<Hypothesis> hypotheses;
  for (std::size_t i = 0; i < n_best; ++i) {
    const Ending& ending = endings[i];
    Hypothesis hypothesis;
    hypothesis.acoustic = ending.log_acoustic + log_scale_;
    hypothesis.total = ending.log_total + log_scale_;
    hypothesis.model = model_score(tree_, scorer_, ending.history);
    trace(hypothesis, slots_[ending.slot], cut_unfinished);
    for (int history = ending.history; history; history = tree_.history(history).parent)
      hypothesis.words.push_back(std::max(tree_.history(history).token, Lexicon::kNone));
    std::reverse(hypothesis.words.begin(), hypothesis.words.end());
    hypotheses.push_back(std::move(hypothesis));
  }
  return hypotheses;
}

std::vector<int> Beam::agreed() const {
  std::vector<int32_t> histories;
  for (const Slot& slot : slots_) histories.push_back(slot.history);
  return shared_tokens(tree_, histories);
}

// The units of a slot's likeliest path with their frames; without its unfinished word, and the spaces at its end.
void Beam::trace(Hypothesis& hypothesis, const Slot& slot, bool cut_unfinished) const {
  const Paths& path = slot.likeliest();
  int32_t mark = path.mark, end = path.end;
  float peak = path.peak;
  bool cut = cut_unfinished && slot.text;
  std::vector<Place> places;
  for (; mark >= 0; mark = marks_[mark].before) {
    const Mark& at = marks_[mark];
    if (!cut && (at.place != Place::between || !places.empty())) {
      hypothesis.units.push_back(at.unit);
      hypothesis.starts.push_back(at.start);
      hypothesis.ends.push_back(end);
      hypothesis.peaks.push_back(peak);
      places.push_back(at.place);
    }
    if (at.place == Place::begins) cut = false;
    end = at.before_end;
    peak = at.before_peak;
  }
  std::reverse(places.begin(), places.end());
  std::reverse(hypothesis.units.begin(), hypothesis.units.end());
  std::reverse(hypothesis.starts.begin(), hypothesis.starts.end());
  std::reverse(hypothesis.ends.begin(), hypothesis.ends.end());
  std::reverse(hypothesis.peaks.begin(), hypothesis.peaks.end());
  for (int i = 0; i < static_cast<int>(places.size()); ++i) {
    if (places[i] == Place::begins) hypothesis.word_starts.push_back(i), hypothesis.word_ends.push_back(i);
    if (places[i] != Place::between && !hypothesis.word_ends.empty()) hypothesis.word_ends.back() = i + 1;
  }
}

}  // namespace ds2
