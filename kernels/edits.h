// Edit distances with NIST sclite's costs and tie order; ds2cli/scoring/edits/distance.py tells what is computed.
//
//   D[i, j] = min(D[i-1, j-1] + sub * (r_i != h_j),  D[i, j-1] + gap,  D[i-1, j] + gap)
//
// A cell is one unsigned integer, cost | tag | substitutions: the tag (diagonal 0, insertion 1, deletion 2) breaks ties inside
// `min` and is then erased, the substitutions ride along. Cells of an anti-diagonal i + j = k do not need each other: the
// compiler makes vector operations of a step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define DS2_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define DS2_VECTORS
#endif

namespace ds2 {

struct EditCosts {
  int64_t sub, gap;
};

struct EditCounts {
  int64_t correct, substituted, deleted, inserted;
};

constexpr int64_t kBandFrom = 4000;        // a pair whose lengths add up to more is swept in a band around the diagonal
constexpr int64_t kFirstBand = 250;
constexpr int64_t kProvenUpTo = 250000;    // of longer pairs a band is wide enough when one four times as wide is no better

// Cells [low, high) of one anti-diagonal from the two before it. hyp: the hypothesis from its end, so that both go upwards.
DS2_VECTORS static void edit_step(const uint64_t* __restrict earlier, const uint64_t* __restrict before, uint64_t* __restrict now,
                                  const int32_t* __restrict ref, const int32_t* __restrict hyp, int64_t count, uint64_t substitution,
                                  uint64_t insertion, uint64_t deletion, uint64_t untagged) {
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t diagonal = earlier[i] + (ref[i] != hyp[i] ? substitution : 0);
    const uint64_t gap = std::min(before[i + 1] + insertion, before[i] + deletion);
    now[i] = std::min(diagonal, gap) & untagged;
  }
}

DS2_VECTORS static void edit_step(const uint32_t* __restrict earlier, const uint32_t* __restrict before, uint32_t* __restrict now,
                                  const int32_t* __restrict ref, const int32_t* __restrict hyp, int64_t count, uint32_t substitution,
                                  uint32_t insertion, uint32_t deletion, uint32_t untagged) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t diagonal = earlier[i] + (ref[i] != hyp[i] ? substitution : 0);
    const uint32_t gap = std::min(before[i + 1] + insertion, before[i] + deletion);
    now[i] = std::min(diagonal, gap) & untagged;
  }
}

template <class Cell> class EditSweep {
 public:
  // (cost, substitutions) of the best path within a band; a and b are at least 1
  std::pair<int64_t, int64_t> run(const int32_t* ref, int64_t a, const int32_t* hyp, int64_t b, EditCosts costs, int64_t band, int shift, int bits) {
    backwards_.assign(std::reverse_iterator(hyp + b), std::reverse_iterator(hyp));
    for (auto& row : rows_) row.assign(a + 2, 0);
    Cell *earlier = rows_[0].data(), *before = rows_[1].data(), *now = rows_[2].data();
    const Cell gap = static_cast<Cell>(costs.gap << (shift + 2)), outside = Cell{1} << bits;
    const Cell substitution = static_cast<Cell>((costs.sub << (shift + 2)) + (shift > 0));
    const Cell insertion = gap + (Cell{1} << shift), deletion = gap + (Cell{2} << shift), untagged = ~(Cell{3} << shift);
    for (int64_t k = 1; k <= a + b; ++k) {
      const int64_t low = std::max({int64_t{1}, k - b, (k - band + 1) / 2}), high = std::min({a, k - 1, (k + band) / 2}) + 1;
      now[low - 1] = outside;
      if (high <= a) now[high] = outside;
      if (k <= b) now[0] = static_cast<Cell>(k) * gap;
      if (k <= a) now[k] = static_cast<Cell>(k) * gap;
      if (low < high)
        edit_step(earlier + low - 1, before + low - 1, now + low, ref + low - 1, backwards_.data() + (b - k + low), high - low, substitution, insertion, deletion, untagged);
      Cell* const oldest = earlier;
      earlier = before, before = now, now = oldest;
    }
    return {static_cast<int64_t>(before[a] >> (shift + 2)), static_cast<int64_t>(before[a] & ((Cell{1} << shift) - 1))};
  }

 private:
  std::vector<int32_t> backwards_;
  std::vector<Cell> rows_[3];
};

class EditCounter {
 public:
  explicit EditCounter(EditCosts costs) : costs_(costs) {}

  // Common beginnings and ends are cut off first. The end is exact by the tie order (a matching diagonal always wins); what
  // remains at the beginning can only be gaps, whose number the lengths fix.
  EditCounts count(const int32_t* ref, int64_t n, const int32_t* hyp, int64_t m) {
    const int64_t length = n;
    while (n && m && *ref == *hyp) ++ref, ++hyp, --n, --m;
    while (n && m && ref[n - 1] == hyp[m - 1]) --n, --m;
    EditCounts counts{0, 0, n, m};
    if (n && m) {
      const auto [cost, substituted] = best(ref, n, hyp, m);
      const int64_t gaps = (cost - costs_.sub * substituted) / costs_.gap;
      counts.substituted = substituted;
      counts.deleted = (gaps + n - m) / 2;
      counts.inserted = gaps - counts.deleted;
    }
    counts.correct = length - counts.substituted - counts.deleted;
    return counts;
  }

 private:
  // A path that leaves the band needs more gaps than twice the band less the difference of the lengths; when they would cost
  // more than what was found inside, nothing better lies outside.
  std::pair<int64_t, int64_t> best(const int32_t* ref, int64_t n, const int32_t* hyp, int64_t m) {
    const int64_t both = n + m, difference = std::abs(n - m);
    int64_t band = both > kBandFrom ? std::min(both, kFirstBand + difference) : both, found = -1;
    while (true) {
      const auto swept = sweep(ref, n, hyp, m, band);
      const int64_t before = found;
      found = swept.first;
      const int64_t enough = (found / costs_.gap + difference) / 2;
      if (band >= std::min(enough, both) || (found == before && both > kProvenUpTo)) return swept;
      band = std::min(both, enough < 16 * band && both <= kProvenUpTo ? enough : 4 * band);
    }
  }

  std::pair<int64_t, int64_t> sweep(const int32_t* ref, int64_t n, const int32_t* hyp, int64_t m, int64_t band) {
    const int shift = bits_of(std::min(n, m)), bits = bits_of(costs_.gap * (n + m) + costs_.sub) + 2 + shift;
    return bits + 2 <= 32 ? narrow_.run(ref, n, hyp, m, costs_, band, shift, bits) : wide_.run(ref, n, hyp, m, costs_, band, shift, bits);
  }

  static int bits_of(int64_t value) {
    int bits = 0;
    for (; value; value >>= 1) ++bits;
    return bits;
  }

  EditCosts costs_;
  EditSweep<uint32_t> narrow_;
  EditSweep<uint64_t> wide_;
};

}  // namespace ds2
