#include "beam.h"

#include <functional>
#include <tuple>

namespace ds2 {

Beam::Beam(const Scorer& scorer, BeamSettings settings)
    : scorer_(scorer), settings_(settings), tree_(scorer), probabilities_(scorer.n_units()),
      probability_frame_(scorer.n_units(), ~std::size_t{0}), chosen_frame_(scorer.n_units(), ~std::size_t{0}), collect_at_(settings.collect_after) {
  Slot root{};
  root.node = 0, root.parent = -1, root.unit = scorer.space();
  root.blank.total = 1.0, root.blank.log_best = 0.0;
  slots_.push_back(root);
  fill(slots_.back());
}

void Beam::feed(const float* log_probs, std::size_t n_frames) {
  for (std::size_t t = 0; t < n_frames; ++t) step(log_probs + t * scorer_.n_units());
}

void Beam::step(const float* log_probs) {
  log_probs_ = log_probs;
  stay();
  choose_units();
  extend();
  select();
  rescale();
  if (tree_.size() > collect_at_) collect();
  ++frame_;
}

double Beam::probability(int unit) {
  if (probability_frame_[unit] != frame_) {
    probability_frame_[unit] = frame_;
    probabilities_[unit] = std::exp(static_cast<double>(log_probs_[unit]));
  }
  return probabilities_[unit];
}

// What the model and the lexicon say of a slot's prefix.
void Beam::fill(Slot& slot) const {
  const Prefix& prefix = tree_[slot.node];
  slot.lexicon = prefix.lexicon;
  slot.letters = prefix.letters;
  if (prefix.lexicon >= 0) std::tie(slot.first_child, slot.last_child) = scorer_.lexicon()->children(prefix.lexicon);
  slot.gain = prefix.gain;
  slot.bonus = prefix.gain + tree_.look(slot.node);
  slot.child_bound = scorer_.has_words() ? scorer_.child_bound(prefix.lexicon, prefix.letters) : scorer_.max_gain();
}

// Paths that reach a child's unit in this frame from its parent's paths (`from`: both kinds, or those ending in blank).
Beam::Paths Beam::emit(const Slot& parent, int unit, const Paths* from) {
  const double p = probability(unit);
  const Paths& best = from ? *from : parent.likeliest();
  Paths paths;
  paths.total = (from ? from->total : parent.total()) * p;
  paths.log_best = best.log_best + log_probs_[unit];
  paths.mark = static_cast<int32_t>(marks_.size());
  paths.end = static_cast<int32_t>(frame_) + 1;
  paths.peak = log_probs_[unit];
  marks_.push_back({best.mark, static_cast<int32_t>(frame_), best.end, best.peak});
  return paths;
}

void Beam::stay() {
  const int space = scorer_.space();
  const double p_blank = probability(0);
  next_.assign(slots_.begin(), slots_.end());
  scores_.clear();
  best_stay_ = best_parent_ = best_ender_ = kNever;
  for (Slot& slot : slots_) slot.children = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& old = slots_[i];
    Slot& slot = next_[i];
    slot.blank = old.likeliest();
    slot.blank.total = old.total() * p_blank;
    slot.blank.log_best += log_probs_[0];
    if (old.unit >= 0) {
      const double p = probability(old.unit);
      slot.last.total *= p;
      slot.last.log_best += log_probs_[old.unit];
      slot.last.end = static_cast<int32_t>(frame_) + 1;
      slot.last.peak = std::max(slot.last.peak, log_probs_[old.unit]);
      if (old.unit == space) {  // more spaces, wherever they stand, are the same space
        slot.last.total += old.blank.total * p;
        const double log_best = old.blank.log_best + log_probs_[space];
        if (log_best > slot.last.log_best)
          slot.last = {slot.last.total, log_best, old.blank.mark, static_cast<int32_t>(frame_) + 1, old.blank.peak};
      }
    }
    const int parent_slot = old.parent >= 0 ? tree_[old.parent].slot : -1;
    if (parent_slot >= 0) {
      Slot& parent = slots_[parent_slot];
      parent.children |= uint64_t{1} << (old.unit & 63);
      const Paths* from = parent.unit == old.unit ? &parent.blank : nullptr;
      if ((from ? *from : parent.likeliest()).log_best + log_probs_[old.unit] > slot.last.log_best) {
        Paths arrived = emit(parent, old.unit, from);
        arrived.total += slot.last.total;
        slot.last = arrived;
      } else {
        slot.last.total += (from ? from->total : parent.total()) * probability(old.unit);
      }
    }
    const double total = slot.total();
    slot.log_total = total > 0.0 ? std::log(total) : kNever;
    scores_.push_back(slot.log_total + slot.bonus);
    best_stay_ = std::max(best_stay_, scores_.back());
    best_parent_ = std::max(best_parent_, old.log_total + old.gain + old.child_bound);
    if (old.unit != space) best_ender_ = std::max(best_ender_, old.log_total + old.gain + scorer_.max_gain());
  }
  bound_ = settings_.score_threshold > 0.0 ? best_stay_ - settings_.score_threshold : kNever;
  if (static_cast<int>(slots_.size()) >= settings_.beam) bound_ = std::max(bound_, *std::min_element(scores_.begin(), scores_.end()));
}

// The units that may begin a new prefix in this frame: likely enough for the best parent to pass the bound, within the cutoffs.
void Beam::choose_units() {
  const int space = scorer_.space();
  const bool cut = settings_.cutoff_prob < 1.0;
  units_.clear();
  for (int unit = 1; unit < scorer_.n_units(); ++unit)
    if (cut || (unit == space ? best_ender_ : best_parent_) + log_probs_[unit] >= bound_) units_.emplace_back(log_probs_[unit], unit);
  const auto likelier = std::greater<std::pair<float, int>>();
  const std::size_t top = settings_.cutoff_top > 0 ? settings_.cutoff_top : units_.size();
  if (units_.size() > top) {
    std::nth_element(units_.begin(), units_.begin() + top, units_.end(), likelier);
    units_.resize(top);
  }
  std::sort(units_.begin(), units_.end(), likelier);
  if (cut) {
    double reached = 0.0;
    bool blank_counted = false;
    std::size_t kept = 0;
    for (; kept < units_.size() && reached < settings_.cutoff_prob; ++kept) {
      if (!blank_counted && log_probs_[0] >= units_[kept].first) {
        reached += probability(0), blank_counted = true;
        if (reached >= settings_.cutoff_prob) break;
      }
      reached += probability(units_[kept].second);
    }
    units_.resize(kept);
  }
  for (const auto& [log_prob, unit] : units_) chosen_frame_[unit] = frame_;
  extend_by_space_ = space >= 0 && chosen_frame_[space] == frame_;
  if (extend_by_space_)
    units_.erase(std::find_if(units_.begin(), units_.end(), [&](const auto& unit) { return unit.second == space; }));
}

// The likeliest prefixes first: their extensions raise the bound, and most of the others then have none to make.
void Beam::extend() {
  candidates_.clear();
  if (units_.empty() && !extend_by_space_) return;
  order_.resize(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) order_[i] = static_cast<int>(i);
  const std::size_t first = order_.size() / 8;
  const auto likelier = [&](int a, int b) { return slots_[a].log_total + slots_[a].bonus > slots_[b].log_total + slots_[b].bonus; };
  std::nth_element(order_.begin(), order_.begin() + first, order_.end(), likelier);
  if (!units_.empty())
    for (int i : order_) {
      if (scorer_.has_words()) extend_by_letters(i);
      else extend_by_units(i);
    }
  if (!extend_by_space_) return;
  tighten();  // ending a word asks the language model, which costs most: so last, and above the highest bound
  for (int i : order_) extend_by_space(i);
}

// log p of what reaches a new child: all paths of the prefix, or those that end in a blank where its last unit comes again.
double Beam::arrival(const Slot& slot, int unit) const {
  if (unit != slot.unit) return slot.log_total;
  return slot.blank.total > 0.0 ? std::log(slot.blank.total) : kNever;
}

// Whether a child is in the beam: then it stays, and has this already.
bool Beam::has_child(const Slot& slot, int unit) const {
  if (!(slot.children >> (unit & 63) & 1)) return false;
  const int child = tree_.find(slot.node, unit);
  return child >= 0 && tree_[child].slot >= 0;
}

void Beam::extend_by_units(int index) {
  const Slot& slot = slots_[index];
  for (const auto& [log_prob, unit] : units_) {
    if (slot.log_total + slot.gain + slot.child_bound + log_prob < bound_) return;
    const double score = arrival(slot, unit) + slot.gain + log_prob;
    if (score + slot.child_bound < bound_ || has_child(slot, unit)) continue;
    State ignored;
    const int child = tree_.find(slot.node, unit);
    consider(score + (child >= 0 ? tree_[child].gain - slot.gain : scorer_.add_unit(unit, tree_.state(tree_[slot.node].state), ignored)), index, unit);
  }
}

void Beam::extend_by_letters(int index) {
  const Slot& slot = slots_[index];
  if (units_.empty() || slot.log_total + slot.gain + slot.child_bound + units_[0].first < bound_) return;
  if (slot.lexicon >= 0) extend_by_known_letters(index);
  extend_by_unknown_letters(index);
}

// Along the lexicon: most of its nodes have few children, so these are looked at and not all units.
void Beam::extend_by_known_letters(int index) {
  const Slot& slot = slots_[index];
  const double base = slot.log_total + slot.gain;
  for (int at = slot.first_child; at < slot.last_child; ++at) {
    const auto [unit, look] = scorer_.child(at);
    const double gain = log_probs_[unit] + look;
    if (base + gain < bound_ || chosen_frame_[unit] != frame_ || has_child(slot, unit)) continue;
    consider(arrival(slot, unit) + slot.gain + gain, index, unit);
  }
}

void Beam::extend_by_unknown_letters(int index) {
  const Slot& slot = slots_[index];
  const double off = scorer_.off_look(slot.letters + 1);
  for (const auto& [log_prob, unit] : units_) {
    if (slot.log_total + slot.gain + off + log_prob < bound_) return;
    if (scorer_.lexicon_child(slot.lexicon, unit) >= 0 || has_child(slot, unit)) continue;
    consider(arrival(slot, unit) + slot.gain + off + log_prob, index, unit);
  }
}

void Beam::extend_by_space(int index) {
  const Slot& slot = slots_[index];
  const int space = scorer_.space();
  const double base = slot.log_total + slot.gain + log_probs_[space];
  if (slot.unit == space || base + scorer_.max_gain() < bound_ || has_child(slot, space)) return;
  consider(base + tree_.word_gain(slot.node), index, space);
}

void Beam::consider(double score, int slot, int unit) {
  if (!(score > kNever) || score < bound_) return;
  candidates_.push_back({score, slot, unit});
  scores_.push_back(score);
  if (static_cast<int>(candidates_.size()) >= 3 * settings_.beam + 64) tighten();
}

// With many candidates in hand, the beam's last place is known better: raise the bound, forget what is below it.
void Beam::tighten() {
  const std::size_t beam = settings_.beam;
  if (scores_.size() > beam) {
    ranked_ = scores_;
    std::nth_element(ranked_.begin(), ranked_.begin() + (beam - 1), ranked_.end(), std::greater<double>());
    bound_ = std::max(bound_, ranked_[beam - 1]);
  }
  scores_.resize(slots_.size());
  std::size_t kept = 0;
  for (const Candidate& candidate : candidates_)
    if (candidate.score >= bound_) candidates_[kept++] = candidate, scores_.push_back(candidate.score);
  candidates_.resize(kept);
}

Beam::Slot Beam::extended(const Candidate& candidate) {
  const Slot& parent = slots_[candidate.slot];
  Slot slot{};
  slot.node = tree_.find_or_add(parent.node, candidate.unit);
  slot.parent = parent.node;
  slot.unit = candidate.unit;
  slot.last = emit(parent, candidate.unit, candidate.unit == parent.unit ? &parent.blank : nullptr);
  slot.log_total = slot.last.total > 0.0 ? std::log(slot.last.total) : kNever;
  fill(slot);
  return slot;
}

void Beam::select() {
  const std::size_t beam = settings_.beam;
  double best = best_stay_;
  for (const Candidate& candidate : candidates_) best = std::max(best, candidate.score);
  double least = settings_.score_threshold > 0.0 ? best - settings_.score_threshold : kNever;
  if (scores_.size() > beam) {
    ranked_ = scores_;
    std::nth_element(ranked_.begin(), ranked_.begin() + (beam - 1), ranked_.end(), std::greater<double>());
    least = std::max(least, ranked_[beam - 1]);
  }
  for (const Slot& slot : slots_) tree_[slot.node].slot = -1;
  const std::size_t stayed = next_.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < stayed; ++i)
    if (scores_[i] >= least && scores_[i] > kNever && kept < beam) {
      if (kept != i) next_[kept] = next_[i];
      ++kept;
    }
  next_.resize(kept);
  for (const Candidate& candidate : candidates_)
    if (candidate.score >= least && next_.size() < beam) next_.push_back(extended(candidate));
  slots_.swap(next_);
  for (std::size_t i = 0; i < slots_.size(); ++i) tree_[slots_[i].node].slot = static_cast<int32_t>(i);
}

// The common scale moves when all numbers have become small.
void Beam::rescale() {
  double largest = 0.0;
  for (const Slot& slot : slots_) largest = std::max(largest, slot.total());
  if (largest > 1e-100 || largest <= 0.0) return;
  const double factor = 1.0 / largest, shift = std::log(factor);
  log_scale_ -= shift;
  for (Slot& slot : slots_) {
    slot.blank.total *= factor, slot.last.total *= factor;
    slot.log_total += shift;
  }
}

// Throw away the prefixes and marks that no slot reaches: memory grows with the hypotheses, not with the search.
void Beam::collect() {
  std::vector<int> wanted, renamed;
  for (const Slot& slot : slots_) wanted.push_back(slot.node);
  tree_.keep_only(wanted, renamed);
  std::vector<int32_t> names(marks_.size(), -1);
  for (const Slot& slot : slots_)
    for (const Paths* paths : {&slot.blank, &slot.last})
      for (int32_t mark = paths->mark; mark >= 0 && names[mark] < 0; mark = marks_[mark].before) names[mark] = 0;
  std::size_t kept = 0;
  for (std::size_t mark = 0; mark < marks_.size(); ++mark) {  // a mark's number is above its predecessor's
    if (names[mark] < 0) continue;
    names[mark] = static_cast<int32_t>(kept);
    marks_[kept] = marks_[mark];
    if (marks_[kept].before >= 0) marks_[kept].before = names[marks_[kept].before];
    ++kept;
  }
  marks_.resize(kept);
  for (Slot& slot : slots_) {
    slot.node = renamed[slot.node];
    if (slot.parent >= 0) slot.parent = renamed[slot.parent];
    for (Paths* paths : {&slot.blank, &slot.last})
      if (paths->mark >= 0) paths->mark = names[paths->mark];
  }
  collect_at_ = std::max(settings_.collect_after, 2 * tree_.size());
}

}  // namespace ds2
