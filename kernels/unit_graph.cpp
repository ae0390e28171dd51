#include "unit_graph.h"

#include <algorithm>
#include <numeric>

#include "clones.h"

namespace ds2 {

UnitGraph::UnitGraph(std::size_t H, std::size_t V, const int32_t* last_unit_of, const int32_t* next, const float* prob_of, const float* end_of)
    : n_histories(H), n_units(V), n_columns((V - 1 + 3) / 4 * 4) {
  std::vector<uint32_t> order(H), place(H);
  std::iota(order.begin(), order.end(), 0);
  const auto row = [&](uint32_t h) { return next + h * V + 1; };
  const auto compare = [&](uint32_t g, uint32_t h) {
    return last_unit_of[g] == last_unit_of[h]
               ? std::lexicographical_compare(row(g), row(g) + V - 1, row(h), row(h) + V - 1)
               : last_unit_of[g] < last_unit_of[h];
  };
  std::stable_sort(order.begin(), order.end(), compare);
  for (std::size_t i = 0; i < H; ++i) place[order[i]] = static_cast<uint32_t>(i);
  beginning = place[0];
  last_units.resize(H), ends.resize(H), repeat_probs.resize(H), probs.resize(H * n_columns);
  for (std::size_t i = 0; i < H; ++i) {
    const uint32_t h = order[i], last = last_unit_of[h];
    if (i == 0 || compare(order[i - 1], h)) {
      families.push_back({static_cast<uint32_t>(i), 0, last});
      for (std::size_t c = 0; c < n_columns; ++c) targets.push_back(c + 1 < V ? place[row(h)[c]] : 0);
    }
    families.back().after = static_cast<uint32_t>(i + 1);
    last_units[i] = last;
    ends[i] = end_of[h];
    for (std::size_t u = 1; u < V; ++u) (u == last ? repeat_probs[i] : probs[i * n_columns + u - 1]) = prob_of[h * V + u];
  }
}

DS2_FMA_CLONES
void forward_frame(const UnitGraph& graph, const Lanes* a, Lanes* blank, Lanes* both, const Lanes* unit, Lanes* next_unit, Lanes* into,
                   Lanes* sum) {
  const std::size_t H = graph.n_histories, C = graph.n_columns;
  for (std::size_t h = 0; h < H; ++h) into[h] = unit[h];
  const uint32_t* targets = graph.targets.data();
  for (const UnitGraph::Family& family : graph.families) {
    for (std::size_t c = 0; c < C; c += 4) {  // a column of four sums: each number of S is read once for all of them
      Lanes s0 = {}, s1 = {}, s2 = {}, s3 = {};
      for (std::size_t h = family.first; h < family.after; ++h) {
        const float* probs = graph.probs.data() + h * C + c;
        s0 += probs[0] * both[h];
        s1 += probs[1] * both[h];
        s2 += probs[2] * both[h];
        s3 += probs[3] * both[h];
      }
      into[targets[c]] += s0;
      into[targets[c + 1]] += s1;
      into[targets[c + 2]] += s2;
      into[targets[c + 3]] += s3;
    }
    if (family.last_unit) {
      Lanes again = {};
      for (std::size_t h = family.first; h < family.after; ++h) again += graph.repeat_probs[h] * blank[h];
      into[targets[family.last_unit - 1]] += again;
    }
    targets += C;
  }
  Lanes total = {};
  for (std::size_t h = 0; h < H; ++h) {
    const Lanes in_unit = a[graph.last_units[h]] * into[h], in_blank = a[0] * both[h];
    next_unit[h] = in_unit;
    blank[h] = in_blank;
    both[h] = in_blank + in_unit;
    total += in_blank + in_unit;
  }
  *sum = total;
}

DS2_FMA_CLONES
void backward_frame(const UnitGraph& graph, const Lanes* a, const Lanes* starts, const Lanes* unit, Lanes* scratch, Lanes* after_blank,
                    Lanes* after_unit, Lanes* occupancy, Lanes* sum) {
  const std::size_t C = graph.n_columns;
  for (std::size_t h = 0; h < graph.n_histories; ++h) scratch[h] = a[graph.last_units[h]] * after_unit[h];
  Lanes total = {};
  const uint32_t* targets = graph.targets.data();
  for (const UnitGraph::Family& family : graph.families) {
    Lanes shares = {};
    for (std::size_t h = family.first; h < family.after; h += 4) {  // four rows: what follows is read once for all of them
      const std::size_t n = family.after - h < 4 ? family.after - h : 4;
      const float *p0 = graph.probs.data() + h * C, *p1 = p0 + (n > 1) * C, *p2 = p0 + (n > 2) * 2 * C, *p3 = p0 + (n > 3) * 3 * C;
      Lanes onward[4] = {};
      if (n == 1) {
        for (std::size_t c = 0; c < C; c += 4)
          for (std::size_t i = 0; i < 4; ++i) onward[i] += p0[c + i] * scratch[targets[c + i]];
        onward[0] = (onward[0] + onward[1]) + (onward[2] + onward[3]);
      } else {
        for (std::size_t c = 0; c < C; ++c) {
          const Lanes then = scratch[targets[c]];
          onward[0] += p0[c] * then;
          onward[1] += p1[c] * then;
          onward[2] += p2[c] * then;
          onward[3] += p3[c] * then;
        }
      }
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t g = h + i;
        const Lanes out = onward[i] + a[0] * after_blank[g] + *starts * graph.ends[g];
        const Lanes again = family.last_unit ? scratch[targets[family.last_unit - 1]] : Lanes{};
        after_unit[g] = out + scratch[g];
        after_blank[g] = out + graph.repeat_probs[g] * again;
        shares += unit[g] * after_unit[g];
        total += after_unit[g] + after_blank[g];
      }
    }
    occupancy[family.last_unit] += shares;
    targets += C;
  }
  *sum = total;
}

}  // namespace ds2
