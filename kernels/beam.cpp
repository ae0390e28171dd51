#include "beam.h"

#include <functional>
#include <tuple>

namespace ds2 {

Beam::Beam(const Scorer& scorer, BeamSettings settings)
    : scorer_(scorer), settings_(settings), tree_(scorer), probabilities_(scorer.n_units()),
      probability_frame_(scorer.n_units(), ~std::size_t{0}), chosen_frame_(scorer.n_units(), ~std::size_t{0}), collect_at_(settings.collect_after) {
  const int cuts = scorer.alphabet().single() ? 1 : scorer.alphabet().longest() + 1;
  const int spellings = scorer.lexicon() ? std::max(1, scorer.lexicon()->max_spellings()) : 1;
  if (scorer.has_words() && cuts * spellings > 1) slack_ = std::log(cuts * spellings + 1.0);
  Slot root{};
  root.unit = scorer.space();
  root.blank.total = 1.0, root.blank.log_best = 0.0;
  slots_.push_back(root);
  fill(slots_.back());
  tree_[0].slot = 0;
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
  if (settings_.recombine) recombine();
  if (settings_.settle_after) settle();
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
void Beam::fill(Slot& slot) {
  const Prefix& prefix = tree_[slot.prefix];
  slot.history = prefix.history, slot.text = prefix.text;
  slot.gain = tree_.history(prefix.history).gain;
  slot.bonus = slot.gain + tree_.look(prefix);
  slot.child_bound = scorer_.max_gain();
  if (!scorer_.has_words()) return;
  const int node = tree_.in_lexicon(prefix.text);
  slot.letters = tree_.letters(prefix.text);
  slot.end_bound = tree_.end_bound(prefix.text, slot.letters);
  if (node >= 0) std::tie(slot.first_child, slot.last_child) = scorer_.lexicon()->children(node);
  slot.child_bound = scorer_.child_bound(node, slot.letters);
  if (slot.end_bound > kNever) slot.child_bound = std::max(slot.child_bound, slot.end_bound + scorer_.enter_bound());
  if (!slot.text) slot.child_bound = std::max(slot.child_bound, scorer_.enter_bound());
}

Beam::Arrival Beam::arriving(int prefix, bool mark_children) {
  const int unit = tree_[prefix].unit;
  Arrival arrival;
  tree_.for_sources(prefix, [&](int source, float log_weight) {
    const int at = tree_[source].slot;
    if (at < 0) return;
    if (mark_children) slots_[at].children |= uint64_t{1} << (unit & 63);
    arrive(arrival, slots_[at], unit, log_weight);
  });
  return arrival;
}

void Beam::arrive(Arrival& arrival, Slot& before, int unit, float log_weight) const {
  const Paths& from = before.unit == unit ? before.blank : before.likeliest();
  const double total = before.unit == unit ? before.blank.total : before.total();
  arrival.total += log_weight ? total * std::exp(static_cast<double>(log_weight)) : total;
  const double log_best = from.log_best + log_weight;
  if (log_best > arrival.log_best) arrival.log_best = log_best, arrival.from = &from;
}

// The paths that have arrived, one unit further.
Beam::Paths Beam::emit(const Arrival& arrival, const Prefix& prefix) {
  const float log_prob = log_probs_[prefix.unit];
  Paths paths;
  paths.total = arrival.total * probability(prefix.unit);
  if (!arrival.from) return paths;
  paths.log_best = arrival.log_best + log_prob;
  paths.mark = static_cast<int32_t>(marks_.size());
  paths.end = static_cast<int32_t>(frame_) + 1;
  paths.peak = log_prob;
  Place place = Place::begins;
  if (scorer_.has_words()) {
    const int letters = tree_.letters(prefix.text);
    place = !letters ? Place::between : letters > scorer_.alphabet().length(prefix.unit) ? Place::inside : Place::begins;
  }
  marks_.push_back({arrival.from->mark, static_cast<int32_t>(frame_), arrival.from->end, prefix.unit, arrival.from->peak, place});
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
      const Arrival arrival = arriving(old.prefix, true);
      if (arrival.from && arrival.log_best + log_probs_[old.unit] > slot.last.log_best) {
        Paths arrived = emit(arrival, tree_[old.prefix]);
        arrived.total += slot.last.total;
        slot.last = arrived;
      } else {
        slot.last.total += arrival.total * p;
      }
    }
    const double total = slot.total();
    slot.log_total = total > 0.0 ? std::log(total) : kNever;
    scores_.push_back(slot.log_total + slot.bonus);
    best_stay_ = std::max(best_stay_, scores_.back());
    best_parent_ = std::max(best_parent_, old.log_total + old.gain + old.child_bound);
    best_ender_ = std::max(best_ender_, old.log_total + old.gain + old.end_bound);
  }
  bound_ = settings_.score_threshold > 0.0 ? best_stay_ - settings_.score_threshold : kNever;
  if (static_cast<int>(slots_.size()) >= settings_.beam) bound_ = std::max(bound_, *std::min_element(scores_.begin(), scores_.end()));
}

// No more units than so many can be needed to reach the cumulative cutoff: of thousands, few are worth sorting.
std::size_t Beam::likely_enough() const {
  const float least = static_cast<float>(std::log((1.0 - settings_.cutoff_prob) / units_.size()));
  std::size_t count = 0;  // those left out hold less than the cutoff leaves over, all together
  for (const auto& [log_prob, unit] : units_) count += log_prob > least;
  return count;
}

// The units that may begin a new prefix in this frame: likely enough for the best parent to pass the bound, within the cutoffs.
void Beam::choose_units() {
  const int space = scorer_.space();
  const bool cut = settings_.cutoff_prob < 1.0;
  units_.clear();
  for (int unit = 1; unit < scorer_.n_units(); ++unit)
    if (cut || (unit == space ? best_ender_ : best_parent_) + log_probs_[unit] >= bound_ - slack_) units_.emplace_back(log_probs_[unit], unit);
  const auto likelier = std::greater<std::pair<float, int>>();
  std::size_t top = settings_.cutoff_top > 0 ? settings_.cutoff_top : units_.size();
  if (cut) top = std::min(top, likely_enough());
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
  if (!scorer_.has_words()) return;
  tighten();  // ending a word asks the language model, which costs most: so last, and above the highest bound
  for (int i : order_) extend_by_words(i);
}

// log p of what reaches a new child: all paths of the prefix, or those that end in a blank where its last unit comes again.
double Beam::arrival(const Slot& slot, int unit) const {
  if (unit != slot.unit) return slot.log_total;
  return slot.blank.total > 0.0 ? std::log(slot.blank.total) : kNever;
}

// Whether a child is in the beam: then it stays, and has this already.
bool Beam::has_child(const Slot& slot, int history, int text, int unit) const {
  if (!may_have_child(slot, unit) || history < 0 || text < 0) return false;
  const int child = tree_.find(history, text, unit);
  return child >= 0 && tree_[child].slot >= 0;
}

void Beam::extend_by_units(int index) {
  const Slot& slot = slots_[index];
  for (const auto& [log_prob, unit] : units_) {
    if (slot.log_total + slot.gain + slot.child_bound + log_prob < bound_) return;
    const double score = arrival(slot, unit) + slot.gain + log_prob;
    const int history = tree_.find_history(slot.history, unit);
    if (score + slot.child_bound < bound_ || has_child(slot, history, Lexicon::kRoot, unit)) continue;
    State state;
    int32_t phrase;
    const double gain = history >= 0 ? tree_.history(history).gain - slot.gain : tree_.token_gain(slot.history, unit, 1, state, phrase);
    consider({score + gain, index, unit, history, Lexicon::kRoot});
  }
}

void Beam::extend_by_letters(int index) {
  const Slot& slot = slots_[index];
  if (units_.empty() || slot.log_total + slot.gain + slot.child_bound + units_[0].first < bound_ - slack_) return;
  if (slot.first_child < slot.last_child) extend_by_known_letters(index);
  if (scorer_.has_open_vocabulary()) extend_by_unknown_letters(index);
  if (!slot.text && scorer_.enter_bound() > kNever && !scorer_.alphabet().joined()) extend_by_marked(index);
}

// Along the lexicon: most of its nodes have few children, so these are looked at and not all units.
void Beam::extend_by_known_letters(int index) {
  const Slot& slot = slots_[index];
  const bool shared = !scorer_.alphabet().single();
  const double base = slot.log_total + slot.gain;
  for (int at = slot.first_child; at < slot.last_child; ++at) {
    const auto [unit, look] = scorer_.child(at);
    const double gain = log_probs_[unit] + look;
    if (base + gain < bound_ - slack_ || chosen_frame_[unit] != frame_) continue;
    const int text = scorer_.lexicon()->child_node(at);
    if (shared) consider_shared({slot.gain + gain, index, unit, slot.history, text});
    else if (base + gain >= bound_ && !has_child(slot, slot.history, text, unit)) consider({arrival(slot, unit) + slot.gain + gain, index, unit, slot.history, text});
  }
}

void Beam::extend_by_unknown_letters(int index) {
  const Slot& slot = slots_[index];
  if (tree_.is_alone(slot.text)) return;
  const Alphabet& alphabet = scorer_.alphabet();
  const int node = tree_.in_lexicon(slot.text);
  for (const auto& [log_prob, unit] : units_) {
    if (slot.log_total + slot.gain + scorer_.off_bound(slot.letters) + log_prob < bound_ - slack_) return;
    if (alphabet.begins(unit) || (node >= 0 && scorer_.lexicon()->child(node, unit) >= 0)) continue;
    const double gain = slot.gain + scorer_.off_look(slot.letters + alphabet.length(unit)) + log_prob;
    if (!alphabet.single()) {
      if (slot.log_total + gain >= bound_ - slack_) consider_shared({gain, index, unit, slot.history, tree_.extend(slot.text, unit, true)});
    } else if (slot.log_total + gain >= bound_ &&
               !(may_have_child(slot, unit) && has_child(slot, slot.history, tree_.extend(slot.text, unit, false), unit))) {
      consider({arrival(slot, unit) + gain, index, unit, slot.history, kOfSlot});
    }
  }
}

// Between words: by units that carry the mark of a word's beginning, which is there already.
void Beam::extend_by_marked(int index) {
  const Slot& slot = slots_[index];
  for (const auto& [log_prob, unit] : units_) {
    if (!scorer_.alphabet().begins(unit)) continue;
    const double gain = slot.gain + scorer_.enter_look(unit) + log_prob;
    if (slot.log_total + gain >= bound_ - slack_) consider_shared({gain, index, unit, slot.history, tree_.extend(Lexicon::kRoot, unit, true)});
  }
}

// Ends the word under way, by a space or by the next word's first unit.
void Beam::extend_by_words(int index) {
  const Slot& slot = slots_[index];
  if (!(slot.end_bound > kNever)) return;
  const int space = scorer_.space();
  const double by_space = extend_by_space_ ? log_probs_[space] : kNever;
  const double by_unit = units_.empty() ? kNever : scorer_.enter_bound() + units_[0].first;
  const double best = std::max(by_space, by_unit);
  if (!(slot.log_total + slot.gain + slot.end_bound + best >= bound_ - slack_)) return;
  for (auto [end, last] = tree_.ends(slot.prefix); end != last && slot.log_total + end->gain + best >= bound_ - slack_; ++end) {
    const bool shared = is_shared(end->token);
    const double gain = end->gain + by_space;
    if (slot.log_total + gain >= (shared ? bound_ - slack_ : bound_)) {
      const int history = tree_.history_of(slot.prefix, *end);
      if (shared) consider_shared({gain - end->log_weight, index, space, history, Lexicon::kRoot});
      else if (!has_child(slot, history, Lexicon::kRoot, space)) consider({slot.log_total + gain, index, space, history, Lexicon::kRoot, end->log_weight});
    }
    if (by_unit > kNever) enter_words(index, *end, shared);
  }
}

void Beam::enter_words(int index, const End& end, bool shared) {
  const Slot& slot = slots_[index];
  const Lexicon* lexicon = scorer_.lexicon();
  const bool after_alone = tree_.is_alone(slot.text);
  for (const auto& [log_prob, unit] : units_) {
    if (slot.log_total + end.gain + scorer_.enter_bound() + log_prob < bound_ - slack_) return;
    const double gain = end.gain + scorer_.enter_look(unit, after_alone) + log_prob;
    if (!(slot.log_total + gain >= (shared ? bound_ - slack_ : bound_))) continue;
    const int known = lexicon ? lexicon->enter(unit, after_alone) : Lexicon::kNone;
    const int text = known >= 0 ? known : tree_.extend(Lexicon::kRoot, unit, true);
    const int history = tree_.history_of(slot.prefix, end);
    if (shared) consider_shared({gain - end.log_weight, index, unit, history, text});
    else if (!has_child(slot, history, text, unit)) consider({arrival(slot, unit) + gain, index, unit, history, text, end.log_weight});
  }
}

// Whether prefixes after a word may have several sources.
bool Beam::is_shared(int word) const {
  if (!scorer_.alphabet().single()) return true;
  if (word < 0) return false;
  const auto [first, last] = scorer_.lexicon()->spellings(word);
  return last - first > 1;
}

// A prefix that several others lead to: all of them are added up, the first time that one is met. Its score holds all but them.
void Beam::consider_shared(const Candidate& candidate) {
  const int prefix = tree_.find_or_add(candidate.history, candidate.text, candidate.unit);
  if (tree_[prefix].slot >= 0 || tree_[prefix].considered == frame_) return;
  tree_[prefix].considered = frame_;
  const double total = arriving(prefix, false).total;
  if (total > 0.0) consider({candidate.score + std::log(total), candidate.slot, candidate.unit, candidate.history, candidate.text, 0.0f, true});
}

void Beam::consider(const Candidate& candidate) {
  if (!(candidate.score > kNever) || candidate.score < bound_) return;
  candidates_.push_back(candidate);
  scores_.push_back(candidate.score);
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
  Slot& before = slots_[candidate.slot];
  const int history = candidate.history >= 0 ? candidate.history : tree_.history_with(before.history, candidate.unit, 1);
  const int text = candidate.text >= 0 ? candidate.text : tree_.extend(before.text, candidate.unit, true);
  Slot slot{};
  slot.prefix = tree_.find_or_add(history, text, candidate.unit);
  slot.unit = candidate.unit;
  Arrival arrival;
  if (candidate.shared) {
    arrival = arriving(slot.prefix, false);
  } else {
    tree_.set_only_source(slot.prefix, before.prefix, candidate.log_weight);
    arrive(arrival, before, candidate.unit, candidate.log_weight);
  }
  slot.last = emit(arrival, tree_[slot.prefix]);
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
  for (const Slot& slot : slots_) tree_[slot.prefix].slot = -1;
  slots_.swap(next_);
  for (std::size_t i = 0; i < slots_.size(); ++i) tree_[slots_[i].prefix].slot = static_cast<int32_t>(i);
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
  std::vector<int> wanted;
  for (const Slot& slot : slots_) wanted.push_back(slot.prefix);
  tree_.keep_only(wanted);
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
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    slot.prefix = static_cast<int32_t>(i);
    slot.history = tree_[slot.prefix].history, slot.text = tree_[slot.prefix].text;
    for (Paths* paths : {&slot.blank, &slot.last})
      if (paths->mark >= 0) paths->mark = names[paths->mark];
  }
  if (settings_.settle_after) settling_.rename(best_path());
  collect_at_ = std::max(settings_.collect_after, 2 * tree_.size());
}

}  // namespace ds2
