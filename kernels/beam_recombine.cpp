// Hypothesis recombination: prefixes that the model, the lexicon and every later unit treat alike are one to what follows.
//
// They are in the same state of the n-gram and of the phrases, at the same place of the word under way, and end in the same
// unit. Where one has at least the other's probability both of paths that end in the blank and of those that end in the unit,
// the other can no longer win, and leaves its room in the beam to texts that can.
#include <algorithm>
#include <cmath>

#include "beam.h"

namespace ds2 {
namespace {

constexpr double kMostNats = 700.0;  // that exp can hold

}  // namespace

bool Beam::is_beaten(const Slot& slot, const Slot& by) const {
  const double ahead = std::exp(std::clamp(by.gain - slot.gain, -kMostNats, kMostNats));
  return by.blank.total * ahead >= slot.blank.total && by.last.total * ahead >= slot.last.total;
}

void Beam::recombine() {
  std::size_t size = 64;
  while (size < 4 * slots_.size()) size *= 2;
  recombined_.assign(size, -1);
  bool any = false;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    const uint64_t context = tree_.history(slot.history).context;
    bool stays = true;
    std::size_t at = (PrefixTree::hash(slot.text, slot.unit, 0) ^ context) & (size - 1);
    for (; stays && recombined_[at] >= 0; at = (at + 1) & (size - 1)) {  // one that is beaten still beats what it beat
      const Slot& other = slots_[recombined_[at]];
      if (other.text != slot.text || other.unit != slot.unit || tree_.history(other.history).context != context) continue;
      const bool is_other_better = is_beaten(slot, other);
      if (!is_other_better && !is_beaten(other, slot)) continue;
      stays = !is_other_better;
      tree_[is_other_better ? slot.prefix : other.prefix].slot = -1;
      any = true;
    }
    if (stays) recombined_[at] = static_cast<int32_t>(i);
  }
  if (!any) return;
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return tree_[slot.prefix].slot < 0; }), slots_.end());
  for (std::size_t i = 0; i < slots_.size(); ++i) tree_[slots_[i].prefix].slot = static_cast<int32_t>(i);
}

}  // namespace ds2
