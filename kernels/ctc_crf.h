// The denominator of CTC-CRF: every path of CTC's topology, weighted by an n-gram of the units that it spells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "unit_graph.h"

namespace ds2 {

// What the network says of B utterances.
struct Emissions {
  std::size_t n_utterances, n_frames, n_units;
  const float* log_probs;  // (B, T, V)
  const int32_t* frames;   // (B,) 1 to T
};

// Z of each utterance and how it hangs on each log-prob.
//
// memory     bytes in which each thread may keep what it needs of all frames; where they are too few, frames are computed twice
// log_z      (B,) log of the sum over all paths of exp(sum of log-probs) p(units of the path); not finite where it is none
// occupancy  (B, T, V) d log_z / d log_probs: the share of the paths that pass there; 0 behind an utterance's frames and
//            where log_z is not finite. May be null.
//
// With a(t, v) = exp(log-prob), A(t, h) the paths that have spelled history h and are in the blank, B(t, h) those that are in
// its last unit u(h), and S = A + B (Graves et al. 2006, equation 6, with histories for places in a text):
//
//   A(t, h) = a(t, blank) S(t - 1, h)
//   B(t, h) = a(t, u(h)) [B(t - 1, h) + sum of p(u(h) | g) (u(g) = u(h) ? A : S)(t - 1, g) over all g with next(g, u(h)) = h]
//   Z       = sum of S(T, h) p(end | h) over all h
//
// Sums are float32, scaled to one in every frame and for every utterance, the scales' logarithms float64. What falls below
// 1e-38 of a frame's sum is lost; it can hardly come back, as any history can follow any other within an n-gram's order.
// Utterances are computed in groups of 16, one to a lane; an utterance's numbers do not depend on its neighbours' lanes.
void ctc_crf_denominators(const UnitGraph& graph, const Emissions& emissions, std::size_t n_threads, std::size_t memory, double* log_z,
                          float* occupancy);

}  // namespace ds2
