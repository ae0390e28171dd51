#include "transducer_loss.h"
#include "threads.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

namespace ds2 {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kNever ? a : a + std::log1p(std::exp(b - a));
}

// One utterance; `before` (T, U + 1) is room for the sums of all paths up to each place.
void paths(const Lattices& all, std::size_t b, std::vector<double>& before, double* log_p, float* blank_shares, float* label_shares) {
  const std::size_t T = all.frames[b], U = all.n_labels[b], row = all.n_places, first = b * all.n_frames * row;
  const float *blanks = all.blanks + first, *labels = all.labels + first;
  before.resize(T * row);
  for (std::size_t t = 0; t < T; ++t)
    for (std::size_t u = 0; u <= U; ++u) {
      const double by_blank = t ? before[(t - 1) * row + u] + blanks[(t - 1) * row + u] : kNever;
      const double by_label = u ? before[t * row + u - 1] + labels[t * row + u - 1] : kNever;
      before[t * row + u] = t || u ? log_sum(by_blank, by_label) : 0;
    }
  log_p[b] = before[(T - 1) * row + U] + blanks[(T - 1) * row + U];
  if (!blank_shares || !std::isfinite(log_p[b])) return;
  blank_shares += first, label_shares += first;
  std::vector<double> after(U + 2, kNever);  // of the frame after, then of this one: sums of all paths from each place on
  for (std::size_t t = T; t-- > 0;) {
    for (std::size_t u = U + 1; u-- > 0;) {
      const std::size_t at = t * row + u;
      const double end = t + 1 == T ? (u == U ? 0 : kNever) : after[u];
      const double by_blank = blanks[at] + end, by_label = u < U ? labels[at] + after[u + 1] : kNever;
      blank_shares[at] = static_cast<float>(std::exp(before[at] + by_blank - log_p[b]));
      label_shares[at] = static_cast<float>(std::exp(before[at] + by_label - log_p[b]));
      after[u] = log_sum(by_blank, by_label);
    }
  }
}

}  // namespace

void transducer_paths(const Lattices& lattices, std::size_t n_threads, double* log_p, float* blank_shares, float* label_shares) {
  const std::size_t B = lattices.n_utterances, size = B * lattices.n_frames * lattices.n_places;
  for (float* shares : {blank_shares, label_shares})
    if (shares) std::fill(shares, shares + size, 0.0f);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    std::vector<double> before;
    for (std::size_t b; (b = next++) < B;) paths(lattices, b, before, log_p, blank_shares, label_shares);
  };
  on_threads(std::min(n_threads, B), work);
}

}  // namespace ds2
