#include "ctc_crf.h"
#include "threads.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

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

// The paths up to a frame, scaled.
struct Reached {
  LaneArray blank, unit;
  Lanes sum;                 // of all of them: the next frame is divided by it
  double log_scale[kLanes];  // what they are to be multiplied by
};

// Up to 16 utterances, forwards and backwards. Forwards, B of every frame is stored for the way back; where that is too much,
// for a segment of them, and where each segment began.
class Group {
 public:
  Group(const UnitGraph& graph, const Emissions& emissions, const uint32_t* members, std::size_t n, std::size_t memory)
      : graph_(graph), emissions_(emissions), members_(members), n_(n), H_(graph.n_histories), a_(graph.n_units), both_(H_), scratch_(H_) {
    for (std::size_t l = 0; l < n; ++l) n_frames_ = std::max<std::size_t>(n_frames_, length(l));
    // Segments and their beginnings then take as little room as can be: more of it is slower than computing again.
    const auto balanced = static_cast<std::size_t>(std::ceil(std::sqrt(2.0 * n_frames_)));
    segment_ = n_frames_ * H_ * sizeof(Lanes) <= memory ? n_frames_ : std::min(n_frames_, balanced);
    peaks_.resize(n_frames_ * kLanes);
    scales_.resize(n_frames_ * kLanes);
  }

  void compute(LaneArray& store, double* log_z, float* occupancy) {
    store.grow(segment_ * H_);
    Reached now{LaneArray(H_), LaneArray(H_), Lanes{} + 1, {}};
    now.blank[graph_.beginning] = now.sum;
    std::vector<Reached> begun;
    for (std::size_t t = 0; t < n_frames_; t += segment_) {
      if (occupancy) begun.push_back(now);
      forward(t, now, store);
    }
    for (std::size_t l = 0; l < n_; ++l) log_z[members_[l]] = log_z_[l];
    if (!occupancy) return;
    LaneArray after_blank(H_), after_unit(H_), shares(graph_.n_units);
    Lanes sum = {};
    double log_after[kLanes] = {};
    for (std::size_t s = begun.size(); s-- > 0;) {
      const std::size_t first = s * segment_, after = std::min(first + segment_, n_frames_);
      if (after < n_frames_) forward(first, begun[s], store);
      for (std::size_t t = after; t-- > first;) {
        Lanes starts = {};
        for (std::size_t l = 0; l < n_; ++l) {
          if (t + 1 == length(l)) starts[l] = 1;
          if (t + 1 < length(l)) log_after[l] += std::log(static_cast<double>(sum[l])) + peaks_[(t + 1) * kLanes + l];
        }
        if (t + 1 < n_frames_) emit(t + 1, sum, false);
        else a_.zero();
        shares.zero();
        backward_frame(graph_, a_.data(), &starts, &store[(t - first) * H_], scratch_.data(), after_blank.data(), after_unit.data(),
                       shares.data(), &sum);
        for (std::size_t l = 0; l < n_; ++l)
          if (t < length(l) && std::isfinite(log_z_[l]))
            write_shares(shares, l, std::exp(scales_[t * kLanes + l] + log_after[l] - log_z_[l]),
                         occupancy + (members_[l] * emissions_.n_frames + t) * emissions_.n_units);
      }
    }
  }

 private:
  std::size_t length(std::size_t lane) const { return emissions_.frames[members_[lane]]; }

  // A segment from frame `first` on.
  void forward(std::size_t first, Reached& now, LaneArray& store) {
    for (std::size_t h = 0; h < H_; ++h) both_[h] = now.blank[h] + now.unit[h];
    const std::size_t after = std::min(first + segment_, n_frames_);
    const Lanes* unit = now.unit.data();
    for (std::size_t t = first; t < after; ++t) {
      for (std::size_t l = 0; l < kLanes; ++l) now.log_scale[l] += std::log(static_cast<double>(now.sum[l]));
      emit(t, now.sum, true);
      for (std::size_t l = 0; l < kLanes; ++l) scales_[t * kLanes + l] = now.log_scale[l] += peaks_[t * kLanes + l];
      Lanes* next = &store[(t - first) * H_];
      forward_frame(graph_, a_.data(), now.blank.data(), both_.data(), unit, next, scratch_.data(), &now.sum);
      unit = next;
      for (std::size_t l = 0; l < n_; ++l)
        if (t + 1 == length(l)) log_z_[l] = now.log_scale[l] + final_log(l);
    }
    std::copy(unit, unit + H_, now.unit.data());
  }

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
      const bool is_possible = peak > -std::numeric_limits<float>::infinity();
      const float scale = sum[l] > 0 ? 1 / sum[l] : 0;
      for (std::size_t v = 0; v < V; ++v) a_[v][l] = is_possible ? scale * std::exp(row[v] - peak) : 0;
      peaks_[t * kLanes + l] = peak;
    }
  }

  double final_log(std::size_t lane) const {
    double total = 0;
    for (std::size_t h = 0; h < H_; ++h) total += static_cast<double>(both_[h][lane]) * graph_.ends[h];
    return std::log(total);
  }

  // The paths of a frame are in some unit or in the blank: the blank has what the units leave.
  void write_shares(const LaneArray& shares, std::size_t lane, double scale, float* row) const {
    double in_units = 0;
    for (std::size_t v = 1; v < graph_.n_units; ++v) in_units += shares[v][lane] * scale;
    const double whole = std::max(in_units, 1.0);
    row[0] = static_cast<float>(1 - in_units / whole);
    for (std::size_t v = 1; v < graph_.n_units; ++v) row[v] = static_cast<float>(shares[v][lane] * scale / whole);
  }

  const UnitGraph& graph_;
  const Emissions& emissions_;
  const uint32_t* members_;
  std::size_t n_, H_, n_frames_ = 0, segment_ = 0;
  LaneArray a_, both_, scratch_;        // (V,) and S (H,) of the frame at hand
  std::vector<double> peaks_, scales_;  // (T, 16) log of a frame's largest probability; of what B is to be multiplied by
  double log_z_[kLanes] = {};
};

}  // namespace

void ctc_crf_denominators(const UnitGraph& graph, const Emissions& emissions, std::size_t n_threads, std::size_t memory, double* log_z,
                          float* occupancy) {
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
      if (first < after) Group(graph, emissions, &order[first], after - first, memory).compute(store, log_z, occupancy);
    }
  };
  on_threads(n_threads, work);
}

}  // namespace ds2
