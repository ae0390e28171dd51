// Words that have stood in the best hypothesis for a while are settled: the hypotheses that say otherwise are dropped.
#include <algorithm>

#include "beam.h"
#include "texts.h"

namespace ds2 {

std::vector<int32_t> Beam::best_path() const {
  const auto worse = [](const Slot& a, const Slot& b) { return a.log_total + a.bonus < b.log_total + b.bonus; };
  const auto best = std::max_element(slots_.begin(), slots_.end(), worse);
  return path_of(tree_, best == slots_.end() ? 0 : best->history);
}

void Beam::settle() {
  std::vector<Reading> readings;
  for (const Slot& slot : slots_) readings.push_back({slot.history, slot.log_total + slot.bonus});
  const int32_t must = settling_.settle(tree_, best_path(), frame_, readings);
  if (must < 0) return;
  const auto differs = [&](const Slot& slot) { return !grew_from(tree_, slot.history, must); };
  for (const Slot& slot : slots_) tree_[slot.prefix].slot = -1;
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), differs), slots_.end());
  for (std::size_t i = 0; i < slots_.size(); ++i) tree_[slots_[i].prefix].slot = static_cast<int32_t>(i);
}

}  // namespace ds2
