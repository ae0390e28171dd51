// One frame of the denominator, forwards and backwards, for 16 utterances at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace ds2 {

constexpr std::size_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(kLanes * sizeof(float))));

// Rows of lanes; std::vector does not keep to their alignment. Not set to anything, but for the zeros that are asked for.
class LaneArray {
 public:
  LaneArray() = default;
  explicit LaneArray(std::size_t size) { grow(size), zero(); }
  ~LaneArray() { ::operator delete(rows_, std::align_val_t(alignof(Lanes))); }
  LaneArray(const LaneArray&) = delete;
  LaneArray& operator=(const LaneArray&) = delete;

  // Room for so many rows; what was there is lost where it grows.
  void grow(std::size_t size) {
    if (size <= size_) return;
    ::operator delete(rows_, std::align_val_t(alignof(Lanes)));
    rows_ = nullptr, size_ = 0;
    rows_ = static_cast<Lanes*>(::operator new(size * sizeof(Lanes), std::align_val_t(alignof(Lanes))));
    size_ = size;
  }
  void zero() { std::fill(rows_, rows_ + size_, Lanes{}); }
  void swap(LaneArray& other) { std::swap(rows_, other.rows_), std::swap(size_, other.size_); }
  Lanes& operator[](std::size_t i) { return rows_[i]; }
  const Lanes& operator[](std::size_t i) const { return rows_[i]; }
  Lanes* data() { return rows_; }
  const Lanes* data() const { return rows_; }

 private:
  Lanes* rows_ = nullptr;
  std::size_t size_ = 0;
};

struct UnitGraph;

// The graph's arcs in the order in which the loops want them.
struct SortedArcs {
  explicit SortedArcs(const UnitGraph& graph);

  std::size_t n_histories, n_units;
  const int32_t* last_units;
  const float* ends;
  // Into history h: from sources[k] for k in [onward[h], repeats[h]) from another unit, and in [repeats[h], onward[h + 1]) from
  // the same one.
  std::vector<uint32_t> onward, repeats, sources;
  std::vector<float> into;
  // Out of history h: to targets[k] for k in [h (V - 1), (h + 1) (V - 1)), with probability 0 for its last unit; and to
  // repeat_target[h] by that.
  std::vector<uint32_t> targets, repeat_target;
  std::vector<float> out_of, repeat_prob;
};

// A, S and B of the next frame; the sum of S. `a` is (V,) of the next frame.
void forward_frame(const SortedArcs& arcs, const Lanes* a, const Lanes* blank, const Lanes* both, const Lanes* unit, Lanes* next_blank,
                   Lanes* next_both, Lanes* next_unit, Lanes* sum);

// What follows a frame, from what follows the next one, in place. `a` is (V,) of the next frame; `starts` is 1 in the lanes whose
// last frame this is; `scratch` is (H,); `unit` is B of this frame; `occupancy` (V,) gains B times what follows it; the
// sum of all that follows.
void backward_frame(const SortedArcs& arcs, const Lanes* a, const Lanes* starts, const Lanes* unit, Lanes* scratch, Lanes* after_blank,
                    Lanes* after_unit, Lanes* occupancy, Lanes* sum);

}  // namespace ds2
