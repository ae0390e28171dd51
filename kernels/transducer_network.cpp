#include "transducer_network.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "clones.h"
#include "lane_math.h"

namespace ds2 {
namespace {

template <int R> DS2_INLINE void panel_of(const float* rows, std::size_t stride, const Lanes* panel, int n_in, Lanes (&sums)[R][2]) {
  for (int i = 0; i < n_in; ++i) {
    const Lanes a = panel[2 * i], b = panel[2 * i + 1];
    for (int r = 0; r < R; ++r) {
      const float x = rows[r * stride + i];
      sums[r][0] += a * x, sums[r][1] += b * x;
    }
  }
}

template <int R> DS2_INLINE void products(const float* rows, const float* const* add, int n_in, int n_panels, const Lanes* panels, const Lanes* bias, float* out) {
  const std::size_t width = n_panels * 2 * kLanes;
  for (int panel = 0; panel < n_panels; ++panel) {
    Lanes sums[R][2];
    for (int r = 0; r < R; ++r)
      for (int half = 0; half < 2; ++half) {
        sums[r][half] = bias[2 * panel + half];
        if (!add) continue;
        Lanes more;
        load(add[r] + (2 * panel + half) * kLanes, more);
        sums[r][half] += more;
      }
    panel_of<R>(rows, n_in, panels + static_cast<std::size_t>(panel) * 2 * n_in, n_in, sums);
    for (int r = 0; r < R; ++r)
      for (int half = 0; half < 2; ++half) store(sums[r][half], out + r * width + (2 * panel + half) * kLanes);
  }
}

DS2_FMA_CLONES void multiply(const float* rows, std::size_t n, const float* const* add, int n_in, int n_panels, const Lanes* panels, const Lanes* bias, float* out) {
  const std::size_t width = n_panels * 2 * kLanes;
  const auto next = [&](std::size_t count) { rows += count * n_in, out += count * width, add = add ? add + count : nullptr, n -= count; };
  while (n >= 4) products<4>(rows, add, n_in, n_panels, panels, bias, out), next(4);
  if (n >= 2) products<2>(rows, add, n_in, n_panels, panels, bias, out), next(2);
  if (n) products<1>(rows, add, n_in, n_panels, panels, bias, out);
}

// Gates (i, f, g, o), each of `size`: c becomes f c + i g, and h o tanh(c). Arrays end where lanes do.
DS2_FMA_CLONES void lstm_cell(const float* gates, std::size_t size, const float* c_before, float* h, float* c) {
  std::size_t at = 0;
  for (; at < size; at += kLanes) {
    Lanes in, forget, what, out, cell = {};
    const std::size_t count = std::min(kLanes, size - at);
    std::memcpy(&cell, c_before + at, count * sizeof(float));
    in = forget = what = out = Lanes{};
    std::memcpy(&in, gates + at, count * sizeof(float));
    std::memcpy(&forget, gates + size + at, count * sizeof(float));
    std::memcpy(&what, gates + 2 * size + at, count * sizeof(float));
    std::memcpy(&out, gates + 3 * size + at, count * sizeof(float));
    sigmoid(in), sigmoid(forget), hyperbolic(what), sigmoid(out);
    cell = forget * cell + in * what;
    std::memcpy(c + at, &cell, count * sizeof(float));
    hyperbolic(cell);
    cell = cell * out;
    std::memcpy(h + at, &cell, count * sizeof(float));
  }
}

DS2_FMA_CLONES void tanh_of_sum(const float* a, const float* b, std::size_t size, float* out) {
  for (std::size_t at = 0; at < size; at += kLanes) {
    Lanes x = {}, y = {};
    const std::size_t count = std::min(kLanes, size - at);
    std::memcpy(&x, a + at, count * sizeof(float));
    std::memcpy(&y, b + at, count * sizeof(float));
    x += y;
    hyperbolic(x);
    std::memcpy(out + at, &x, count * sizeof(float));
  }
}

DS2_FMA_CLONES void log_softmax(float* row, std::size_t width) {
  Lanes most, sum = {};
  load(row, most);
  for (std::size_t at = kLanes; at < width; at += kLanes) {
    Lanes x;
    load(row + at, x);
    most = x > most ? x : most;
  }
  float largest = most[0];
  for (std::size_t lane = 1; lane < kLanes; ++lane) largest = std::max(largest, most[lane]);
  for (std::size_t at = 0; at < width; at += kLanes) {
    Lanes x;
    load(row + at, x);
    x -= largest;
    exponential(x);
    sum += x;
  }
  double total = 0.0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) total += sum[lane];
  const float log_total = largest + static_cast<float>(std::log(total));
  for (std::size_t at = 0; at < width; at += kLanes) {
    Lanes x;
    load(row + at, x);
    x -= log_total;
    store(x, row + at);
  }
}

}  // namespace

Affine::Affine(const float* weight, const float* bias, int n_out, int n_in, float padding)
    : n_in_(n_in), n_panels_((n_out + kPanel - 1) / kPanel), panels_(static_cast<std::size_t>(n_panels_) * 2 * n_in), bias_(2 * n_panels_) {
  float* to = reinterpret_cast<float*>(bias_.data());
  for (int o = 0; o < width(); ++o) to[o] = o < n_out ? (bias ? bias[o] : 0.0f) : padding;
  to = reinterpret_cast<float*>(panels_.data());
  for (int o = 0; o < n_out; ++o)
    for (int i = 0; i < n_in; ++i) to[static_cast<std::size_t>(o / kPanel) * kPanel * n_in + i * kPanel + o % kPanel] = weight[static_cast<std::size_t>(o) * n_in + i];
}

void Affine::apply(const float* rows, std::size_t n, const float* const* add, float* out) const {
  multiply(rows, n, add, n_in_, n_panels_, panels_.data(), bias_.data(), out);
}

TransducerNetwork::TransducerNetwork(const TransducerWeights& w)
    : n_units_(w.n_units), predictor_(w.predictor), joint_(w.joint), silence_(w.silence, w.silence + w.joint),
      projection_(w.projection, w.projection_bias, w.joint, w.predictor),
      output_(w.output, w.output_bias, w.n_units, w.joint, -1e30f) {
  const std::size_t V = w.n_units, P = w.predictor;
  if (w.second) {
    first_.assign(w.first, w.first + V * P);
    second_.assign(w.second, w.second + V * P);
    return;
  }
  recurrent_ = Affine(w.recurrent, nullptr, 4 * w.predictor, w.predictor);
  first_.assign(V * recurrent_.width(), 0.0f);
  for (std::size_t unit = 0; unit < V; ++unit) std::copy(w.first + unit * 4 * P, w.first + (unit + 1) * 4 * P, first_.begin() + unit * recurrent_.width());
}

void TransducerNetwork::start(float* state) const { std::fill(state, state + state_size(), 0.0f); }

void TransducerNetwork::step(std::size_t n, const int* labels, const float* const* before, float* const* after, float* const* projected) const {
  thread_local std::vector<float> rows, out;
  thread_local std::vector<const float*> said;
  const std::size_t P = predictor_;
  rows.resize(n * P);
  if (is_stateless()) {
    for (std::size_t i = 0; i < n; ++i) {
      tanh_of_sum(&first_[static_cast<std::size_t>(before[i][0]) * P], &second_[labels[i] * P], P, &rows[i * P]);
      after[i][0] = static_cast<float>(labels[i]);
    }
  } else {
    const std::size_t width = recurrent_.width();
    out.resize(n * width);
    said.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      std::copy(before[i], before[i] + P, &rows[i * P]);
      said[i] = &first_[labels[i] * width];
    }
    recurrent_.apply(rows.data(), n, said.data(), out.data());
    for (std::size_t i = 0; i < n; ++i) {
      lstm_cell(&out[i * width], P, before[i] + P, &rows[i * P], after[i] + P);
      std::copy(&rows[i * P], &rows[i * P] + P, after[i]);
    }
  }
  const std::size_t width = projection_.width();
  out.resize(n * width);
  projection_.apply(rows.data(), n, nullptr, out.data());
  for (std::size_t i = 0; i < n; ++i) std::copy(&out[i * width], &out[i * width] + width, projected[i]);
}

void TransducerNetwork::joint(std::size_t n, const float* const* frames, const float* const* projected, float lowered, float* out) const {
  thread_local std::vector<float> rows;
  rows.resize(n * joint_);
  for (std::size_t i = 0; i < n; ++i) tanh_of_sum(frames[i], projected[i], joint_, &rows[i * joint_]);
  output_.apply(rows.data(), n, nullptr, out);
  for (std::size_t i = 0; i < n; ++i) {
    out[i * row()] -= lowered;
    log_softmax(out + i * row(), row());
  }
}

}  // namespace ds2
