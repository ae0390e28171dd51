// From the prefixes in the beam to hypotheses: last word and </s> scored, equal texts added, units traced back to frames.
#include <string>
#include <unordered_map>

#include "beam.h"

namespace ds2 {
namespace {

double log_add(double a, double b) {
  if (a < b) std::swap(a, b);
  return b > kNever ? a + std::log1p(std::exp(b - a)) : a;
}

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
      const auto [found, is_new] = of_text.try_emplace(text_key(history), endings.size());
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
    hypothesis.model = model_score(ending.history);
    trace(hypothesis, slots_[ending.slot], cut_unfinished);
    for (int history = ending.history; history; history = tree_.history(history).parent)
      hypothesis.words.push_back(std::max(tree_.history(history).token, Lexicon::kNone));
    std::reverse(hypothesis.words.begin(), hypothesis.words.end());
    hypotheses.push_back(std::move(hypothesis));
  }
  return hypotheses;
}

std::vector<int> Beam::agreed() const {
  std::vector<int> path;  // of histories, the first slot's own first
  for (int history = slots_.empty() ? 0 : slots_[0].history; history; history = tree_.history(history).parent) path.push_back(history);
  std::unordered_map<int, std::size_t> place;
  for (std::size_t i = 0; i < path.size(); ++i) place.emplace(path[i], i);
  std::size_t shared = 0;  // path[shared:] is in all
  for (const Slot& slot : slots_) {
    int history = slot.history;
    while (history && !place.count(history)) history = tree_.history(history).parent;
    shared = std::max(shared, history ? place[history] : path.size());
  }
  std::vector<int> tokens;
  for (std::size_t i = path.size(); i > shared; --i) tokens.push_back(std::max(tree_.history(path[i - 1]).token, Lexicon::kNone));
  return tokens;
}

// What tells texts apart: their tokens; and where units are tokens that can be cut otherwise, their symbols.
std::string Beam::text_key(int history) const {
  std::vector<int32_t> key{history};
  const Alphabet& alphabet = scorer_.alphabet();
  if (!scorer_.has_words() && (!alphabet.single() || alphabet.space() >= 0)) {
    key.clear();
    std::vector<int> units;
    for (; history; history = tree_.history(history).parent) units.push_back(tree_.history(history).token);
    const auto mark = [&] { if (!key.empty() && key.back() != Alphabet::kNone) key.push_back(Alphabet::kNone); };
    for (; !units.empty(); units.pop_back()) {
      if (units.back() == alphabet.space() || alphabet.begins(units.back())) mark();
      key.insert(key.end(), alphabet.body(units.back()).begin(), alphabet.body(units.back()).end());
    }
    if (!key.empty() && key.back() == Alphabet::kNone) key.pop_back();
  }
  return {reinterpret_cast<const char*>(key.data()), key.size() * sizeof(int32_t)};
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

// log p_lm of all tokens, without weight, penalty or boost.
double Beam::model_score(int history) const {
  std::vector<int> tokens;
  for (; history; history = tree_.history(history).parent) tokens.push_back(tree_.history(history).token);
  State state = scorer_.begin(), next{};
  double score = 0.0;
  for (; !tokens.empty(); tokens.pop_back()) {
    score += scorer_.model_score(std::max(tokens.back(), Lexicon::kNone), state, next);
    state = next;
  }
  return score + scorer_.model_end(state);
}

}  // namespace ds2
