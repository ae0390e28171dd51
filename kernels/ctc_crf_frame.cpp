#include "ctc_crf_frame.h"

#include "clones.h"
#include "ctc_crf.h"

namespace ds2 {

SortedArcs::SortedArcs(const UnitGraph& graph)
    : n_histories(graph.n_histories), n_units(graph.n_units), last_units(graph.last_units), ends(graph.ends) {
  const std::size_t H = n_histories, V = n_units;
  std::vector<uint32_t> count_onward(H), count_repeats(H);
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t u = 1; u < V; ++u)
      ++(static_cast<std::size_t>(last_units[h]) == u ? count_repeats : count_onward)[graph.next[h * V + u]];
  onward.resize(H + 1);
  repeats.resize(H);
  for (std::size_t h = 0; h < H; ++h) {
    repeats[h] = onward[h] + count_onward[h];
    onward[h + 1] = repeats[h] + count_repeats[h];
  }
  sources.resize(onward[H]);
  into.resize(onward[H]);
  targets.resize(H * (V - 1));
  out_of.resize(H * (V - 1));
  repeat_target.resize(H);
  repeat_prob.resize(H);
  std::vector<uint32_t> at_onward(onward.begin(), onward.end() - 1), at_repeats(repeats);
  for (std::size_t h = 0; h < H; ++h)
    for (std::size_t u = 1; u < V; ++u) {
      const uint32_t target = graph.next[h * V + u];
      const float prob = graph.probs[h * V + u];
      const bool is_repeat = static_cast<std::size_t>(last_units[h]) == u;
      const uint32_t k = (is_repeat ? at_repeats : at_onward)[target]++;
      sources[k] = static_cast<uint32_t>(h);
      into[k] = prob;
      targets[h * (V - 1) + u - 1] = target;
      out_of[h * (V - 1) + u - 1] = is_repeat ? 0 : prob;
      if (is_repeat) {
        repeat_target[h] = target;
        repeat_prob[h] = prob;
      }
    }
}

DS2_FMA_CLONES
void forward_frame(const SortedArcs& arcs, const Lanes* a, const Lanes* blank, const Lanes* both, const Lanes* unit, Lanes* next_blank,
                   Lanes* next_both, Lanes* next_unit, Lanes* sum) {
  const uint32_t* sources = arcs.sources.data();
  const float* into = arcs.into.data();
  Lanes total = {};
  for (std::size_t h = 0; h < arcs.n_histories; ++h) {
    const uint32_t first = arcs.onward[h], middle = arcs.repeats[h], last = arcs.onward[h + 1];
    // Four sums, as one would wait for itself.
    Lanes s0 = unit[h], s1 = {}, s2 = {}, s3 = {};
    uint32_t k = first;
    for (; k + 4 <= middle; k += 4) {
      s0 += into[k] * both[sources[k]];
      s1 += into[k + 1] * both[sources[k + 1]];
      s2 += into[k + 2] * both[sources[k + 2]];
      s3 += into[k + 3] * both[sources[k + 3]];
    }
    for (; k < middle; ++k) s0 += into[k] * both[sources[k]];
    for (; k < last; ++k) s1 += into[k] * blank[sources[k]];
    const Lanes b = a[arcs.last_units[h]] * ((s0 + s1) + (s2 + s3));
    const Lanes in_blank = a[0] * both[h];
    next_blank[h] = in_blank;
    next_unit[h] = b;
    next_both[h] = in_blank + b;
    total += in_blank + b;
  }
  *sum = total;
}

DS2_FMA_CLONES
void backward_frame(const SortedArcs& arcs, const Lanes* a, const Lanes* starts, const Lanes* unit, Lanes* scratch, Lanes* after_blank,
                    Lanes* after_unit, Lanes* occupancy, Lanes* sum) {
  const std::size_t n_out = arcs.n_units - 1;
  for (std::size_t h = 0; h < arcs.n_histories; ++h) scratch[h] = a[arcs.last_units[h]] * after_unit[h];
  Lanes total = {};
  for (std::size_t h = 0; h < arcs.n_histories; ++h) {
    const uint32_t* targets = arcs.targets.data() + h * n_out;
    const float* out_of = arcs.out_of.data() + h * n_out;
    Lanes s0 = a[0] * after_blank[h] + *starts * arcs.ends[h], s1 = {}, s2 = {}, s3 = {};
    std::size_t k = 0;
    for (; k + 4 <= n_out; k += 4) {
      s0 += out_of[k] * scratch[targets[k]];
      s1 += out_of[k + 1] * scratch[targets[k + 1]];
      s2 += out_of[k + 2] * scratch[targets[k + 2]];
      s3 += out_of[k + 3] * scratch[targets[k + 3]];
    }
    for (; k < n_out; ++k) s1 += out_of[k] * scratch[targets[k]];
    const Lanes onward = (s0 + s1) + (s2 + s3);
    const Lanes from_unit = onward + scratch[h];
    const Lanes from_blank = onward + arcs.repeat_prob[h] * scratch[arcs.repeat_target[h]];
    after_unit[h] = from_unit;
    after_blank[h] = from_blank;
    occupancy[arcs.last_units[h]] += unit[h] * from_unit;
    total += from_unit + from_blank;
  }
  *sum = total;
}

}  // namespace ds2
