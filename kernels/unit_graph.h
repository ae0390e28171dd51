// An n-gram of units as a graph, in the order in which the sums over all paths want it; and one frame of these sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lanes.h"

namespace ds2 {

// H histories, V units; unit 0 is the blank.
//
// Histories that end in the same unit, and from which each unit leads to the same history (all that end in the same n - 2
// units of an n-gram), are a family: neighbours here. The sums along their arcs are products of small matrices.
class UnitGraph {
 public:
  // last_units  (H,) the unit that a history ends in; 0 for history 0, the beginning of a sentence
  // next        (H, V) the history after one more unit, which ends in that unit
  // probs       (H, V) p(unit | history)
  // ends        (H,) p(end of sentence | history)
  UnitGraph(std::size_t n_histories, std::size_t n_units, const int32_t* last_units, const int32_t* next, const float* probs,
            const float* ends);

  struct Family {
    uint32_t first, after, last_unit;
  };

  std::size_t n_histories, n_units, beginning;
  std::size_t n_columns;  // C: a column for each unit but the blank, and empty ones up to a multiple of 4
  std::vector<Family> families;
  std::vector<uint32_t> last_units;   // (H,)
  std::vector<uint32_t> targets;      // (families, C)
  std::vector<float> probs;           // (H, C); 0 for a history's last unit, which has its own:
  std::vector<float> repeat_probs;    // (H,)
  std::vector<float> ends;            // (H,)
};

// From A, S and B of a frame to the next one's, A and S in place; `sum` is that of S. a (V,) is of the next frame, into (H,)
// scratch.
void forward_frame(const UnitGraph& graph, const Lanes* a, Lanes* blank, Lanes* both, const Lanes* unit, Lanes* next_unit, Lanes* into,
                   Lanes* sum);

// From what follows the next frame to what follows this one, in place; `sum` is that of all of it. a (V,) is of the next
// frame, starts is 1 in the lanes whose last frame this is, unit is B of this frame, occupancy (V,) gains B times what
// follows it, scratch (H,).
void backward_frame(const UnitGraph& graph, const Lanes* a, const Lanes* starts, const Lanes* unit, Lanes* scratch, Lanes* after_blank,
                    Lanes* after_unit, Lanes* occupancy, Lanes* sum);

}  // namespace ds2
