#include "transducer_beam.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "texts.h"

namespace ds2 {

TransducerBeam::TransducerBeam(const TransducerNetwork& network, const Scorer& scorer, TransducerSettings settings)
    : network_(network), scorer_(scorer), settings_(settings), tree_(scorer), collect_at_(settings.collect_after) {
  labels_.push_back({-1, 0, -1});  // the blank is where labels start
  Slot root{};
  root.mark = -1;
  fill(root);
  slots_.push_back(root);
  think(slots_);
}

void TransducerBeam::feed(const float* frames, std::size_t n_frames) {
  for (std::size_t t = 0; t < n_frames; ++t) step(frames + t * network_.joint_size());
}

void TransducerBeam::step(const float* frame) {
  open_ = slots_;
  open_places_.clear(), ended_places_.clear(), ended_.clear();
  for (std::size_t i = 0; i < open_.size(); ++i) open_[i].depth = 0, open_places_[open_[i].key()] = static_cast<int>(i);
  if (settings_.best_first) step_best_first(frame);
  else step_in_time(frame);
  select(ended_);
  ++frame_;
  if (settings_.settle_after) settle();
  forget_states();
  if (labels_.size() + tree_.size() > collect_at_) collect();
}

// All hypotheses side by side, a label at a time; after each, what has ended the frame sets the bound for the next.
void TransducerBeam::step_in_time(const float* frame) {
  for (int n_labels = 0;; ++n_labels) {
    listen(open_, frame);
    for (Slot slot : open_) {
      const double blank = heard(slot)[0];
      slot.log_total += blank, slot.log_best += blank;
      merge(ended_, ended_places_, slot);
    }
    if (n_labels == settings_.max_labels) return;
    candidates_.clear();
    bound_ = end_bound();
    for (std::size_t i = 0; i < open_.size(); ++i) extend(open_, static_cast<int>(i), heard(open_[i]));
    keep_best_candidates();
    if (candidates_.empty()) return;
    std::vector<Slot> next;
    open_places_.clear();
    for (const Candidate& candidate : candidates_) merge(next, open_places_, extended(open_[candidate.slot], candidate));
    open_.swap(next);
  }
}

// The best hypothesis at a time, until no other can overtake those that have ended the frame.
void TransducerBeam::step_best_first(const float* frame) {
  add_prefixes(open_, frame);
  const std::size_t before = open_.size();
  std::vector<uint8_t> taken(before, 0);
  for (;;) {
    int best = -1;
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (!taken[i] && (best < 0 || open_[i].score() > open_[best].score())) best = static_cast<int>(i);
    if (best < 0 || open_[best].score() < end_bound()) return;
    taken[best] = 1;
    listen({open_[best]}, frame);
    const float* row = heard(open_[best]);
    Slot slot = open_[best];
    slot.log_total += row[0], slot.log_best += row[0];
    merge(ended_, ended_places_, slot);
    if (slot.depth == settings_.max_labels) continue;
    candidates_.clear();
    bound_ = end_bound();
    extend(open_, best, row);
    keep_best_candidates();
    for (const Candidate& candidate : candidates_) {
      const Slot longer = extended(open_[best], candidate);
      const auto found = open_places_.find(longer.key());
      if (found == open_places_.end()) {
        open_places_[longer.key()] = static_cast<int>(open_.size());
        open_.push_back(longer);
        taken.push_back(0);
      } else if (static_cast<std::size_t>(found->second) >= before && !taken[found->second]) {
        merge(open_, open_places_, longer);  // what was there before this frame has its share already
      }
    }
  }
}

// To every hypothesis what its longest prefix in the beam adds to it in this frame; shorter ones first.
void TransducerBeam::add_prefixes(std::vector<Slot>& open, const float* frame) {
  std::vector<int> depths(open.size(), 0), order(open.size());
  for (std::size_t i = 0; i < open.size(); ++i) {
    order[i] = static_cast<int>(i);
    for (int at = open[i].labels; at > 0; at = labels_[at].parent) ++depths[i];
  }
  std::sort(order.begin(), order.end(), [&](int a, int b) { return std::tie(depths[a], a) < std::tie(depths[b], b); });
  for (int i : order) {
    std::vector<Way> ways;  // the last label first
    uint64_t key = open[i].key();
    int from = -1;
    for (int n = 0; n < settings_.max_labels && from < 0; ++n) {
      const auto found = ways_.find(key);
      if (found == ways_.end()) break;
      ways.push_back(found->second);
      key = found->second.from;
      const auto place = open_places_.find(key);
      if (place != open_places_.end()) from = place->second;
    }
    if (from < 0) continue;
    double log_prob = 0.0;
    int mark = open[from].mark;
    for (std::size_t n = ways.size(); n--;) {
      Slot before{};
      before.labels = static_cast<int32_t>(ways[n].from >> 32);
      listen({before}, frame);
      const float said = heard(before)[ways[n].unit];
      log_prob += said + ways[n].log_weight;
      marks_.push_back({mark, static_cast<int32_t>(frame_), ways[n].unit, said, ways[n].place});
      mark = static_cast<int>(marks_.size()) - 1;
    }
    open[i].log_total = log_add(open[i].log_total, open[from].log_total + log_prob);
    if (open[from].log_best + log_prob > open[i].log_best) open[i].log_best = open[from].log_best + log_prob, open[i].mark = mark;
  }
}

// The joint layer's answers to this frame, one for each sequence of labels.
void TransducerBeam::listen(const std::vector<Slot>& slots, const float* frame) {
  think(slots);
  row_of_.clear();
  std::vector<const float*> frames, projected;
  for (const Slot& slot : slots)
    if (row_of_.try_emplace(slot.labels, static_cast<int>(frames.size())).second) {
      frames.push_back(frame);
      projected.push_back(projected_[labels_[slot.labels].state].data());
    }
  log_probs_.resize(frames.size() * network_.row());
  network_.joint(frames.size(), frames.data(), projected.data(), static_cast<float>(settings_.lowered), log_probs_.data());
}

// The prediction network of every sequence of labels that has none yet, after that of the sequence it continues.
void TransducerBeam::think(const std::vector<Slot>& slots) {
  std::vector<int> missing, later;
  for (const Slot& slot : slots)
    for (int at = slot.labels; at >= 0 && labels_[at].state < 0; at = labels_[at].parent) later.push_back(at);
  std::vector<const float*> before, silence;
  std::vector<float*> after, projected;
  std::vector<float> start(network_.state_size());
  network_.start(start.data());
  std::sort(later.begin(), later.end());  // a parent's number is below its children's
  later.erase(std::unique(later.begin(), later.end()), later.end());
  while (!later.empty()) {
    missing.clear();
    std::vector<int> waiting, units;
    for (int at : later) (at && labels_[labels_[at].parent].state < 0 ? waiting : missing).push_back(at);
    for (int at : missing) {
      if (free_.empty()) {
        free_.push_back(static_cast<int>(states_.size()));
        states_.emplace_back(network_.state_size()), projected_.emplace_back(network_.projected_size());
        expected_.emplace_back(settings_.internal ? network_.row() : 0);
      }
      units.push_back(free_.back());  // places, for now
      free_.pop_back();
    }
    before.clear(), after.clear(), projected.clear(), silence.clear();
    std::vector<const float*> said;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const int place = units[i], at = missing[i];
      before.push_back(at ? states_[labels_[labels_[at].parent].state].data() : start.data());
      after.push_back(states_[place].data()), projected.push_back(projected_[place].data());
      said.push_back(projected_[place].data()), silence.push_back(network_.silence());
    }
    for (std::size_t i = 0; i < missing.size(); ++i) labels_[missing[i]].state = units[i], units[i] = labels_[missing[i]].unit;
    network_.step(missing.size(), units.data(), before.data(), after.data(), projected.data());
    if (settings_.internal) {
      std::vector<float> rows(missing.size() * network_.row());
      network_.joint(missing.size(), silence.data(), said.data(), 0.0f, rows.data());
      for (std::size_t i = 0; i < missing.size(); ++i) {
        std::vector<float>& expected = expected_[labels_[missing[i]].state];
        const float* row = &rows[i * network_.row()];
        const float rest = std::log1p(-std::min(std::exp(row[0]), 0.999999f));  // of labels alone
        for (int unit = 0; unit < network_.n_units(); ++unit) expected[unit] = row[unit] - rest;
      }
    }
    later.swap(waiting);
  }
}

// What the network expects of a label without sound (Variani et al. 2020, arXiv:2003.07705; Meng et al. 2021, arXiv:2011.01991), weighed.
double TransducerBeam::internal_of(int labels, int unit) const {
  return settings_.internal ? -settings_.internal * expected_[labels_[labels].state][unit] : 0.0;
}

// No label of this row below it is worth trying.
float TransducerBeam::least_of(const float* log_probs) {
  if (settings_.cutoff_prob >= 1.0 && settings_.cutoff_top <= 0) return static_cast<float>(kNever);
  ranked_units_.assign(log_probs + 1, log_probs + network_.n_units());
  const std::size_t top = settings_.cutoff_top > 0 ? std::min<std::size_t>(settings_.cutoff_top, ranked_units_.size()) : ranked_units_.size();
  std::partial_sort(ranked_units_.begin(), ranked_units_.begin() + top, ranked_units_.end(), std::greater<float>());
  double reached = std::exp(static_cast<double>(log_probs[0]));
  std::size_t kept = 0;
  while (kept < top && (settings_.cutoff_prob >= 1.0 || reached < settings_.cutoff_prob)) reached += std::exp(static_cast<double>(ranked_units_[kept++]));
  return kept ? ranked_units_[kept - 1] : 1.0f;
}

void TransducerBeam::extend(const std::vector<Slot>& slots, int index, const float* log_probs) {
  const Slot& slot = slots[index];
  const double base = slot.log_total + slot.internal + slot.gain;
  double most = scorer_.max_gain();  // no label gains more
  if (scorer_.has_words()) {
    const int text = tree_[slot.prefix].text, letters = tree_.letters(text);
    const double end = tree_.end_bound(text, letters);
    most = scorer_.child_bound(tree_.in_lexicon(text), letters);
    if (end > kNever) most = std::max(most, end + std::max(0.0, scorer_.enter_bound()));
    if (!text) most = std::max({most, scorer_.enter_bound(), 0.0});
  }
  const float least = least_of(log_probs);
  for (int unit = 1; unit < network_.n_units(); ++unit) {
    if (log_probs[unit] < least || base + most + log_probs[unit] + internal_of(slot.labels, unit) < bound_) continue;
    extend_by_unit(slot, index, unit, log_probs[unit], base + log_probs[unit] + internal_of(slot.labels, unit));
  }
}

void TransducerBeam::extend_by_unit(const Slot& slot, int index, int unit, float log_prob, double base) {
  const int history = tree_[slot.prefix].history, text = tree_[slot.prefix].text;
  if (!scorer_.has_words()) {
    const int longer = tree_.find_history(history, unit);
    State state;
    int32_t phrase;
    const double gain = longer >= 0 ? tree_.history(longer).gain - slot.gain : tree_.token_gain(history, unit, 1, state, phrase);
    return consider({base + gain, index, unit, longer >= 0 ? longer : kNew, Lexicon::kRoot, log_prob, 0.0f});
  }
  if (unit == scorer_.space()) {
    if (!text) return consider({base, index, unit, history, Lexicon::kRoot, log_prob, 0.0f});  // one more space is the same space
    return end_words(slot, index, unit, log_prob, base);
  }
  const bool alone = tree_.is_alone(text);
  if (!text || !(alone || scorer_.alphabet().begins(unit))) extend_by_known_or_not(slot, index, unit, log_prob, base);
  if (text && scorer_.enter_look(unit, alone) > kNever) end_words(slot, index, unit, log_prob, base);
}

// The word goes on; or the first begins, or one after a space.
void TransducerBeam::extend_by_known_or_not(const Slot& slot, int index, int unit, float log_prob, double base) {
  const int history = tree_[slot.prefix].history, text = tree_[slot.prefix].text, node = tree_.in_lexicon(text);
  const bool begins = scorer_.alphabet().begins(unit);
  const int known = node < 0 ? Lexicon::kNone : begins ? scorer_.lexicon()->enter(unit) : scorer_.lexicon()->child(node, unit);
  if (known >= 0) return consider({base + scorer_.look(known), index, unit, history, known, log_prob, 0.0f});
  if (!scorer_.has_open_vocabulary()) return;
  const double score = base + scorer_.off_look(tree_.letters(text) + scorer_.alphabet().length(unit));
  if (score >= bound_ || !scorer_.alphabet().single()) {
    const int longer = tree_.extend(text, unit, true);  // of several symbols, it may be inside after all
    const double look = tree_.is_inside(longer) && scorer_.lexicon() ? scorer_.look(longer) : scorer_.off_look(tree_.letters(longer));
    consider({base + look, index, unit, history, longer, log_prob, 0.0f});
  }
}

// The word ends: by a space, or by a unit that begins the next one.
void TransducerBeam::end_words(const Slot& slot, int index, int unit, float log_prob, double base) {
  const bool by_space = unit == scorer_.space(), alone = tree_.is_alone(tree_[slot.prefix].text);
  const double look = by_space ? 0.0 : scorer_.enter_look(unit, alone);
  int text = Lexicon::kRoot;
  if (!by_space) {
    const int known = scorer_.lexicon() ? scorer_.lexicon()->enter(unit, alone) : Lexicon::kNone;
    if (known < 0 && !scorer_.has_open_vocabulary()) return;
    text = known >= 0 ? known : tree_.extend(Lexicon::kRoot, unit, true);
  }
  for (auto [end, last] = tree_.ends(slot.prefix); end != last; ++end) {
    const double score = base - slot.gain + end->gain + look;
    if (!(score >= bound_)) return;
    consider({score, index, unit, tree_.history_of(slot.prefix, *end), text, log_prob, end->log_weight});
  }
}

void TransducerBeam::consider(const Candidate& candidate) {
  if (!(candidate.score > kNever) || candidate.score < bound_) return;
  candidates_.push_back(candidate);
  if (candidates_.size() >= 3 * static_cast<std::size_t>(settings_.beam) + 64) keep_best_candidates();
}

void TransducerBeam::keep_best_candidates() {
  const std::size_t beam = settings_.beam;
  if (candidates_.size() <= beam) return;
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::nth_element(candidates_.begin(), candidates_.begin() + (beam - 1), candidates_.end(), better);
  bound_ = std::max(bound_, candidates_[beam - 1].score);
  candidates_.resize(beam);
}

int TransducerBeam::labels_with(int labels, int unit) {
  const uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(labels)) << 32 | static_cast<uint32_t>(unit);
  const auto [found, is_new] = children_.try_emplace(key, static_cast<int>(labels_.size()));
  if (is_new) labels_.push_back({labels, unit, -1});
  return found->second;
}

TransducerBeam::Slot TransducerBeam::extended(const Slot& slot, const Candidate& candidate) {
  const int unit = candidate.unit;
  const int history = candidate.history != kNew ? candidate.history : tree_.history_with(tree_[slot.prefix].history, unit, 1);
  Slot longer = slot;
  longer.prefix = tree_.find_or_add(history, candidate.text, unit);
  longer.labels = labels_with(slot.labels, unit);
  longer.depth = slot.depth + 1;
  longer.log_total += candidate.log_prob + candidate.log_weight, longer.log_best += candidate.log_prob + candidate.log_weight;
  longer.internal += internal_of(slot.labels, unit);
  Place place = Place::begins;
  if (scorer_.has_words()) {
    const int letters = tree_.letters(candidate.text);
    place = !letters ? Place::between : letters > scorer_.alphabet().length(unit) ? Place::inside : Place::begins;
  }
  marks_.push_back({slot.mark, static_cast<int32_t>(frame_), unit, candidate.log_prob, place});
  longer.mark = static_cast<int32_t>(marks_.size()) - 1;
  if (settings_.best_first) ways_.try_emplace(longer.key(), Way{slot.key(), unit, candidate.log_weight, place});
  fill(longer);
  return longer;
}

void TransducerBeam::fill(Slot& slot) {
  const Prefix& prefix = tree_[slot.prefix];
  slot.gain = tree_.history(prefix.history).gain;
  slot.bonus = slot.gain + tree_.look(prefix);
}

void TransducerBeam::merge(std::vector<Slot>& into, std::unordered_map<uint64_t, int>& places, const Slot& slot) const {
  const auto [found, is_new] = places.try_emplace(slot.key(), static_cast<int>(into.size()));
  if (is_new) return into.push_back(slot);
  Slot& other = into[found->second];
  other.log_total = log_add(other.log_total, slot.log_total);
  if (slot.log_best > other.log_best) other.log_best = slot.log_best, other.mark = slot.mark;
}

// What scores less cannot survive the frame.
double TransducerBeam::end_bound() {
  ranked_.clear();
  for (const Slot& slot : ended_) ranked_.push_back(slot.score());
  double bound = kNever;
  if (ranked_.empty()) return bound;
  if (settings_.score_threshold > 0.0) bound = *std::max_element(ranked_.begin(), ranked_.end()) - settings_.score_threshold;
  const std::size_t beam = settings_.beam;
  if (ranked_.size() < beam) return bound;
  std::nth_element(ranked_.begin(), ranked_.begin() + (beam - 1), ranked_.end(), std::greater<double>());
  return std::max(bound, ranked_[beam - 1]);
}

void TransducerBeam::select(std::vector<Slot>& ended) {
  const double least = end_bound();
  slots_.clear();
  const std::size_t beam = settings_.beam;
  for (const Slot& slot : ended)
    if (slot.score() >= least && slot.log_total > kNever && slots_.size() < beam) slots_.push_back(slot);
}

}  // namespace ds2
