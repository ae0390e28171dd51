// What lies around a transducer's search: hypotheses out of its beam, words that settle, memory that is given back.
#include <algorithm>
#include <unordered_map>

#include "texts.h"
#include "transducer_beam.h"

namespace ds2 {
namespace {

// A text that the beam holds, in whatever labels.
struct Ending {
  int history;
  double log_acoustic, log_total;  // of all labels that spell it
  double best_total;               // of the best of them
  std::size_t slot;
  double log_best;
};

}  // namespace

std::vector<Hypothesis> TransducerBeam::finish(std::size_t n_best) {
  std::vector<Ending> endings;
  bool cut_unfinished = false;
  for (;; cut_unfinished = true) {
    std::unordered_map<std::string, std::size_t> of_text;
    const auto add = [&](std::size_t at, int history, double log_weight) {
      const double log_acoustic = slots_[at].log_total + log_weight, log_best = slots_[at].log_best + log_weight;
      const History& said = tree_.history(history);
      const double log_total = log_acoustic + slots_[at].internal + said.gain + scorer_.end_sentence(said.state, said.phrase);
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
      const Prefix prefix = tree_[slots_[i].prefix];
      if (!scorer_.has_words() || !prefix.text || cut_unfinished) add(i, prefix.history, 0.0);
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
    hypothesis.acoustic = ending.log_acoustic;
    hypothesis.total = ending.log_total;
    hypothesis.model = model_score(tree_, scorer_, ending.history);
    trace(hypothesis, slots_[ending.slot], cut_unfinished);
    for (int32_t history : path_of(tree_, ending.history)) hypothesis.words.push_back(std::max(tree_.history(history).token, Lexicon::kNone));
    hypotheses.push_back(std::move(hypothesis));
  }
  return hypotheses;
}

// The labels of a slot's likeliest alignment; without its unfinished word, and the spaces at its end. A label lasts a frame.
void TransducerBeam::trace(Hypothesis& hypothesis, const Slot& slot, bool cut_unfinished) const {
  bool cut = cut_unfinished && tree_[slot.prefix].text;
  std::vector<const Mark*> marks;
  for (int32_t mark = slot.mark; mark >= 0; mark = marks_[mark].before) {
    const Mark& at = marks_[mark];
    if (!cut && (at.place != Place::between || !marks.empty())) marks.push_back(&at);
    if (at.place == Place::begins) cut = false;
  }
  std::reverse(marks.begin(), marks.end());
  for (const Mark* mark : marks) {
    const int i = static_cast<int>(hypothesis.units.size());
    hypothesis.units.push_back(mark->unit);
    hypothesis.starts.push_back(mark->frame);
    hypothesis.ends.push_back(mark->frame + 1);
    hypothesis.peaks.push_back(mark->log_prob);
    if (mark->place == Place::begins) hypothesis.word_starts.push_back(i), hypothesis.word_ends.push_back(i);
    if (mark->place != Place::between && !hypothesis.word_ends.empty()) hypothesis.word_ends.back() = i + 1;
  }
}

std::vector<int> TransducerBeam::agreed() const {
  std::vector<int32_t> histories;
  for (const Slot& slot : slots_) histories.push_back(tree_[slot.prefix].history);
  return shared_tokens(tree_, histories);
}

// The histories of the best hypothesis, shortest first.
std::vector<int32_t> TransducerBeam::best_path() const {
  const auto best = std::max_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.score() < b.score(); });
  return path_of(tree_, best == slots_.end() ? 0 : tree_[best->prefix].history);
}

void TransducerBeam::settle() {
  std::vector<Reading> readings;
  for (const Slot& slot : slots_) readings.push_back({tree_[slot.prefix].history, slot.score()});
  const int32_t must = settling_.settle(tree_, best_path(), frame_, readings);
  if (must < 0) return;
  const auto differs = [&](const Slot& slot) { return !grew_from(tree_, tree_[slot.prefix].history, must); };
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), differs), slots_.end());
}

// Prediction networks that no hypothesis stands at; some are kept a while, as a hypothesis may come back.
void TransducerBeam::forget_states() {
  if (states_.size() - free_.size() <= 32 * static_cast<std::size_t>(settings_.beam) + 256) return;
  std::vector<uint8_t> needed(labels_.size(), 0);
  needed[0] = 1;
  for (const Slot& slot : slots_) needed[slot.labels] = 1;
  for (std::size_t at = 0; at < labels_.size(); ++at)
    if (!needed[at] && labels_[at].state >= 0) free_.push_back(labels_[at].state), labels_[at].state = -1;
}

// Throws away what no hypothesis needs. Best first, ways through hypotheses outside the beam are forgotten.
void TransducerBeam::collect() {
  std::vector<int> wanted;
  std::unordered_map<int32_t, int32_t> prefix_names;
  for (const Slot& slot : slots_)
    if (prefix_names.try_emplace(slot.prefix, static_cast<int32_t>(wanted.size())).second) wanted.push_back(slot.prefix);
  tree_.keep_only(wanted);

  std::vector<int32_t> label_names(labels_.size(), -1), mark_names(marks_.size(), -1);
  label_names[0] = 0;
  for (const Slot& slot : slots_) {
    for (int at = slot.labels; label_names[at] < 0; at = labels_[at].parent) label_names[at] = 0;
    for (int32_t at = slot.mark; at >= 0 && mark_names[at] < 0; at = marks_[at].before) mark_names[at] = 0;
  }
  std::size_t kept = 0;
  for (std::size_t at = 0; at < labels_.size(); ++at) {  // a parent's number is below its children's
    if (label_names[at] < 0) {
      if (labels_[at].state >= 0) free_.push_back(labels_[at].state);
      continue;
    }
    label_names[at] = static_cast<int32_t>(kept);
    labels_[kept] = labels_[at];
    if (labels_[kept].parent >= 0) labels_[kept].parent = label_names[labels_[kept].parent];
    ++kept;
  }
  labels_.resize(kept);
  children_.clear();
  for (std::size_t at = 1; at < labels_.size(); ++at)
    children_[static_cast<uint64_t>(static_cast<uint32_t>(labels_[at].parent)) << 32 | static_cast<uint32_t>(labels_[at].unit)] = static_cast<int>(at);
  kept = 0;
  for (std::size_t at = 0; at < marks_.size(); ++at) {
    if (mark_names[at] < 0) continue;
    mark_names[at] = static_cast<int32_t>(kept);
    marks_[kept] = marks_[at];
    if (marks_[kept].before >= 0) marks_[kept].before = mark_names[marks_[kept].before];
    ++kept;
  }
  marks_.resize(kept);

  std::unordered_map<uint64_t, uint64_t> key_names;
  for (Slot& slot : slots_) {
    const uint64_t before = slot.key();
    slot.labels = label_names[slot.labels], slot.prefix = prefix_names[slot.prefix];
    if (slot.mark >= 0) slot.mark = mark_names[slot.mark];
    key_names[before] = slot.key();
  }
  std::unordered_map<uint64_t, Way> ways;
  for (const auto& [key, way] : ways_) {
    const auto to = key_names.find(key), from = key_names.find(way.from);
    if (to != key_names.end() && from != key_names.end()) ways[to->second] = {from->second, way.unit, way.log_weight, way.place};
  }
  ways_.swap(ways);
  if (settings_.settle_after) settling_.rename(best_path());
  collect_at_ = std::max(settings_.collect_after, 2 * (labels_.size() + tree_.size()));
}

}  // namespace ds2
