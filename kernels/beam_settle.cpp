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
  const std::vector<int32_t> path = best_path();
  std::size_t same = 0;
  while (same < std::min(path.size(), standing_.size()) && path[same] == standing_[same].history) ++same;
  standing_.resize(same);
  for (; same < path.size(); ++same) standing_.push_back({path[same], frame_});
  const std::size_t before = settled_;
  while (settled_ < standing_.size() && frame_ - standing_[settled_].since >= settings_.settle_after) ++settled_;
  if (settled_ == before) return;
  const int32_t must = standing_[settled_ - 1].history;
  const auto differs = [&](const Slot& slot) {
    int history = slot.history;
    while (history > 0 && history != must) history = tree_.history(history).parent;
    return history != must;
  };
  for (const Slot& slot : slots_) tree_[slot.prefix].slot = -1;
  slots_.erase(std::remove_if(slots_.begin(), slots_.end(), differs), slots_.end());
  for (std::size_t i = 0; i < slots_.size(); ++i) tree_[slots_[i].prefix].slot = static_cast<int32_t>(i);
}

}  // namespace ds2
