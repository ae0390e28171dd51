#include "ctc_crf.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "ctc_crf_frame.h"

namespace ds2 {
namespace {

// Numbers below float32's normal ones are a hundred times slower, and are as good as zero here.
class FlushToZero {
 public:
#if defined(__SSE2__)
  FlushToZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(before_); }

 private:
  unsigned before_;
#endif
};

// Up to 16 utterances, forwards and backwards.
class Group {
 public:
  Group(const SortedArcs& arcs, const Emissions& emissions, const uint32_t* members, std::size_t n)
      : arcs_(arcs), emissions_(emissions), members_(members), n_(n), a_(arcs.n_units) {
    for (std::size_t l = 0; l < n; ++l) n_frames_ = std::max<std::size_t>(n_frames_, length(l));
  }

  // B of every frame stays in `store`, which grows as it must.
  void forward(LaneArray& store, double* log_z) {
    const std::size_t H = arcs_.n_histories;
    store.grow(n_frames_ * H);
    peaks_.assign(n_frames_ * kLanes, 0);
    scales_.assign(n_frames_ * kLanes, 0);
    LaneArray blank(H), both(H), next_blank(H), next_both(H), nothing(H);
    blank[0] = both[0] = nothing[0] + 1;
    Lanes sum = nothing[0] + 1;
    double log_scale[kLanes] = {};
    for (std::size_t t = 0; t < n_frames_; ++t) {
      for (std::size_t l = 0; l < kLanes; ++l) log_scale[l] += std::log(static_cast<double>(sum[l]));
      emit(t, sum, true);
      for (std::size_t l = 0; l < kLanes; ++l) scales_[t * kLanes + l] = log_scale[l] += peaks_[t * kLanes + l];
      forward_frame(arcs_, a_.data(), blank.data(), both.data(), t ? &store[(t - 1) * H] : nothing.data(), next_blank.data(),
                    next_both.data(), &store[t * H], &sum);
      blank.swap(next_blank);
      both.swap(next_both);
      for (std::size_t l = 0; l < n_; ++l)
        if (t + 1 == length(l)) log_z[members_[l]] = log_z_[l] = log_scale[l] + final_log(both, l);
    }
  }

  void backward(const LaneArray& store, float* occupancy) {
    const std::size_t H = arcs_.n_histories;
    LaneArray after_blank(H), after_unit(H), scratch(H), shares(arcs_.n_units);
    Lanes sum = {};
    double log_after[kLanes] = {};
    for (std::size_t t = n_frames_; t-- > 0;) {
      Lanes starts = {};
      for (std::size_t l = 0; l < n_; ++l) {
        if (t + 1 == length(l)) starts[l] = 1;
        if (t + 1 < length(l)) log_after[l] += std::log(static_cast<double>(sum[l])) + peaks_[(t + 1) * kLanes + l];
      }
      if (t + 1 < n_frames_) emit(t + 1, sum, false);
      else a_.zero();
      shares.zero();
      backward_frame(arcs_, a_.data(), &starts, &store[t * H], scratch.data(), after_blank.data(), after_unit.data(), shares.data(), &sum);
      for (std::size_t l = 0; l < n_; ++l)
        if (t < length(l) && std::isfinite(log_z_[l]))
          write_shares(shares, l, std::exp(scales_[t * kLanes + l] + log_after[l] - log_z_[l]),
                       occupancy + (members_[l] * emissions_.n_frames + t) * emissions_.n_units);
    }
  }

 private:
  std::size_t length(std::size_t lane) const { return emissions_.frames[members_[lane]]; }

  // Probabilities of a frame over the largest of them (its log goes to peaks_) and over the sum that is to be scaled to one.
  // Behind an utterance's frames, forwards, all paths stay in the blank; backwards there are none.
  void emit(std::size_t t, const Lanes& sum, bool stay) {
    const std::size_t V = emissions_.n_units;
    for (std::size_t l = 0; l < kLanes; ++l) {
      if (l >= n_ || t >= length(l)) {
        for (std::size_t v = 0; v < V; ++v) a_[v][l] = stay && v == 0 ? 1 : 0;
        continue;
      }
      const float* row = emissions_.log_probs + (members_[l] * emissions_.n_frames + t) * V;
      const float peak = *std::max_element(row, row + V);
      const float scale = sum[l] > 0 ? 1 / sum[l] : 0;
      for (std::size_t v = 0; v < V; ++v) a_[v][l] = peak > -std::numeric_limits<float>::infinity() ? scale * std::exp(row[v] - peak) : 0;
      peaks_[t * kLanes + l] = peak;
    }
  }

  double final_log(const LaneArray& both, std::size_t lane) const {
    double total = 0;
    for (std::size_t h = 0; h < arcs_.n_histories; ++h) total += static_cast<double>(both[h][lane]) * arcs_.ends[h];
    return std::log(total);
  }

  // The paths of a frame are in some unit or in the blank: the blank has what the units leave.
  void write_shares(const LaneArray& shares, std::size_t lane, double scale, float* row) const {
    double in_units = 0;
    for (std::size_t v = 1; v < arcs_.n_units; ++v) in_units += shares[v][lane] * scale;
    const double whole = std::max(in_units, 1.0);
    row[0] = static_cast<float>(1 - in_units / whole);
    for (std::size_t v = 1; v < arcs_.n_units; ++v) row[v] = static_cast<float>(shares[v][lane] * scale / whole);
  }

  const SortedArcs& arcs_;
  const Emissions& emissions_;
  const uint32_t* members_;
  std::size_t n_, n_frames_ = 0;
  LaneArray a_;               // (V,) of the frame at hand
  std::vector<double> peaks_, scales_;  // (T, 16) log of a frame's largest probability; of what B is to be multiplied by
  double log_z_[kLanes] = {};
};

}  // namespace

void ctc_crf_denominators(const UnitGraph& graph, const Emissions& emissions, std::size_t n_threads, double* log_z, float* occupancy) {
  const SortedArcs arcs(graph);
  const std::size_t B = emissions.n_utterances;
  if (occupancy) std::fill(occupancy, occupancy + B * emissions.n_frames * emissions.n_units, 0.0f);
  // Utterances of like length share a group; every thread gets as many groups as the others.
  std::vector<uint32_t> order(B);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return emissions.frames[a] > emissions.frames[b]; });
  n_threads = std::max<std::size_t>(1, std::min(n_threads, B));
  const std::size_t n_groups = ((B + kLanes - 1) / kLanes + n_threads - 1) / n_threads * n_threads;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    const FlushToZero fast;
    LaneArray store;
    for (std::size_t g; (g = next++) < n_groups;) {
      const std::size_t first = B * g / n_groups, after = B * (g + 1) / n_groups;
      if (first == after) continue;
      Group group(arcs, emissions, &order[first], after - first);
      group.forward(store, log_z);
      if (occupancy) group.backward(store, occupancy);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < n_threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& one : others) one.join();
}

}  // namespace ds2
