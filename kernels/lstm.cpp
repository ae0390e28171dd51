#include "lstm.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include "clones.h"
#include "lane_math.h"
#include "threads.h"

namespace ds2 {
namespace {

typedef float Eight __attribute__((vector_size(32)));
typedef float Sixteen __attribute__((vector_size(64)));

template <class V> constexpr std::size_t lanes() { return sizeof(V) / sizeof(float); }

// Some utterances in one direction, the longest first, so that those which go on at a step come before the others.
struct Task {
  const LstmLayer* layer;
  std::size_t direction;
  std::vector<std::size_t> utterances;

  std::size_t n_steps() const { return utterances.empty() ? 0 : layer->frames[utterances[0]]; }
  std::size_t going_on(std::size_t step) const {
    std::size_t n = 0;
    while (n < utterances.size() && step < static_cast<std::size_t>(layer->frames[utterances[n]])) ++n;
    return n;
  }
  // The row of (T, B, ...) where that utterance is at a step.
  std::size_t place(std::size_t step, std::size_t utterance) const {
    const std::size_t b = utterances[utterance];
    const std::size_t t = direction ? layer->frames[b] - 1 - step : step;
    return t * layer->n_utterances + b;
  }
};

// What one direction reads and writes, as in lstm.h.
struct Forward {
  float *gates, *cells, *outputs;
};

struct Backward {
  const float *gates, *cells, *of_outputs;
  float* of_gates;
};

// ---- forward ----

// Weights in panels, each of as many units as there are lanes: for every unit before, its weights to their four gates.
template <class V> DS2_INLINE void pack_forward(const float* weights, std::size_t H, float* panels) {
  constexpr std::size_t N = lanes<V>();
  for (std::size_t first = 0; first < H; first += N, panels += 4 * N * H)
    for (std::size_t gate = 0; gate < 4; ++gate)
      for (std::size_t lane = 0; lane < N; ++lane) {
        const float* row = weights + (gate * H + first + lane) * H;
        float* to = panels + gate * N + lane;
        for (std::size_t k = 0; k < H; ++k) to[4 * N * k] = row[k];
      }
}

// One utterance's step.
struct Row {
  const float *h_before, *c_before;
  float *gates, *c, *h;
};

template <class V, int R> DS2_INLINE void cells_of(const float* panel, std::size_t H, std::size_t first, const Row* rows) {
  constexpr std::size_t N = lanes<V>();
  V sums[R][4];
  for (int r = 0; r < R; ++r)
    for (int gate = 0; gate < 4; ++gate) load(rows[r].gates + gate * H + first, sums[r][gate]);
  for (std::size_t k = 0; k < H; ++k)
    for (int gate = 0; gate < 4; ++gate) {
      V weights;
      load(panel + (4 * k + gate) * N, weights);
      for (int r = 0; r < R; ++r) sums[r][gate] += weights * rows[r].h_before[k];
    }
  for (int r = 0; r < R; ++r) {
    V c;
    load(rows[r].c_before + first, c);
    sigmoid(sums[r][0]), sigmoid(sums[r][1]), hyperbolic(sums[r][2]), sigmoid(sums[r][3]);
    for (int gate = 0; gate < 4; ++gate) store(sums[r][gate], rows[r].gates + gate * H + first);
    c = sums[r][1] * c + sums[r][0] * sums[r][2];
    store(c, rows[r].c + first);
    hyperbolic(c);
    c = sums[r][3] * c;
    store(c, rows[r].h + first);
  }
}

template <class V> DS2_INLINE void forward_steps(const Task& task, const Forward& arrays) {
  constexpr std::size_t N = lanes<V>();
  const LstmLayer& layer = *task.layer;
  const std::size_t H = layer.n_units, D = layer.n_directions, d = task.direction, B = layer.n_utterances;
  std::vector<float> panels(4 * H * H), nothing(H);
  pack_forward<V>(layer.weights[d], H, panels.data());
  std::vector<Row> rows(task.utterances.size());
  for (std::size_t step = 0; step < task.n_steps(); ++step) {
    const std::size_t n = task.going_on(step);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = task.place(step, i);
      rows[i].h_before = rows[i].h, rows[i].c_before = rows[i].c;
      if (!step) rows[i].h_before = rows[i].c_before = nothing.data();
      rows[i].gates = arrays.gates + (at * D + d) * 4 * H, rows[i].c = arrays.cells + (at * D + d) * H;
      rows[i].h = arrays.outputs + (d ? at : at + B) * H;
    }
    for (std::size_t first = 0; first < H; first += N) {
      const float* panel = panels.data() + 4 * first * H;
      std::size_t i = 0;
      for (; i + 3 <= n; i += 3) cells_of<V, 3>(panel, H, first, &rows[i]);
      if (i + 2 == n) cells_of<V, 2>(panel, H, first, &rows[i]);
      if (i + 1 == n) cells_of<V, 1>(panel, H, first, &rows[i]);
    }
  }
}

DS2_FMA_CLONES void forward_eight(const Task& task, const Forward& arrays) { forward_steps<Eight>(task, arrays); }
DS2_FMA_CLONES void forward_sixteen(const Task& task, const Forward& arrays) { forward_steps<Sixteen>(task, arrays); }

// ---- backward ----

// Through the cells of one utterance: `of_h` and `of_c` are the gradients of h and c, `of_c` afterwards of the c before.
template <class V>
DS2_INLINE void through_cells(std::size_t H, const float* gates, const float* c, const float* c_before, const float* of_outputs,
                              const float* of_h, float* of_c, float* of_gates) {
  for (std::size_t at = 0; at < H; at += lanes<V>()) {
    V in, forget, what, out, cell, before, d_h, more, d_c;
    load(gates + at, in), load(gates + H + at, forget), load(gates + 2 * H + at, what), load(gates + 3 * H + at, out);
    load(c + at, cell), load(c_before + at, before), load(of_outputs + at, d_h), load(of_h + at, more), load(of_c + at, d_c);
    d_h += more;
    hyperbolic(cell);
    d_c += d_h * out * (1.0f - cell * cell);
    store(d_c * what * in * (1.0f - in), of_gates + at);
    store(d_c * before * forget * (1.0f - forget), of_gates + H + at);
    store(d_c * in * (1.0f - what * what), of_gates + 2 * H + at);
    store(d_h * cell * out * (1.0f - out), of_gates + 3 * H + at);
    store(d_c * forget, of_c + at);
  }
}

// Weights in panels, one for each gate and two vectors of units before.
template <class V> DS2_INLINE void pack_backward(const float* weights, std::size_t H, float* panels) {
  constexpr std::size_t N = 2 * lanes<V>();
  for (std::size_t gate = 0; gate < 4; ++gate)
    for (std::size_t first = 0; first < H; first += N)
      for (std::size_t k = 0; k < H; ++k, panels += N) std::copy_n(weights + (gate * H + k) * H + first, N, panels);
}

template <class V, int R> DS2_INLINE void add_products(const float* panel, std::size_t H, const float* const* of_gates, float* const* of_h) {
  constexpr std::size_t N = lanes<V>();
  V sums[R][2];
  for (int r = 0; r < R; ++r) load(of_h[r], sums[r][0]), load(of_h[r] + N, sums[r][1]);
  for (std::size_t k = 0; k < H; ++k) {
    V a, b;
    load(panel + 2 * k * N, a), load(panel + (2 * k + 1) * N, b);
    for (int r = 0; r < R; ++r) {
      const float x = of_gates[r][k];
      sums[r][0] += a * x, sums[r][1] += b * x;
    }
  }
  for (int r = 0; r < R; ++r) store(sums[r][0], of_h[r]), store(sums[r][1], of_h[r] + N);
}

template <class V, int R>
DS2_INLINE void add_some(const float* panel, std::size_t H, std::size_t offset, std::size_t first, float* const* of_gates, float* const* of_h) {
  const float* from[R];
  float* to[R];
  for (int r = 0; r < R; ++r) from[r] = of_gates[r] + offset, to[r] = of_h[r] + first;
  add_products<V, R>(panel, H, from, to);
}

template <class V> DS2_INLINE void backward_steps(const Task& task, const Backward& arrays) {
  constexpr std::size_t N = 2 * lanes<V>();
  const LstmLayer& layer = *task.layer;
  const std::size_t H = layer.n_units, D = layer.n_directions, d = task.direction, n_rows = task.utterances.size();
  std::vector<float> panels(4 * H * H), nothing(H), of_h(n_rows * H), of_c(n_rows * H);
  pack_backward<V>(layer.weights[d], H, panels.data());
  std::vector<float*> from(n_rows), to(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) to[i] = of_h.data() + i * H;
  for (std::size_t step = task.n_steps(); step--;) {
    const std::size_t n = task.going_on(step);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = task.place(step, i), row = at * D + d;
      const float* before = step ? arrays.cells + (task.place(step - 1, i) * D + d) * H : nothing.data();
      from[i] = arrays.of_gates + row * 4 * H;
      through_cells<V>(H, arrays.gates + row * 4 * H, arrays.cells + row * H, before, arrays.of_outputs + at * H, to[i], of_c.data() + i * H,
                       from[i]);
      std::fill_n(to[i], H, 0.0f);
    }
    const float* panel = panels.data();
    for (std::size_t gate = 0; step && gate < 4; ++gate)
      for (std::size_t first = 0; first < H; first += N, panel += N * H) {
        std::size_t i = 0;
        for (; i + 4 <= n; i += 4) add_some<V, 4>(panel, H, gate * H, first, &from[i], &to[i]);
        for (; i + 2 <= n; i += 2) add_some<V, 2>(panel, H, gate * H, first, &from[i], &to[i]);
        if (i < n) add_some<V, 1>(panel, H, gate * H, first, &from[i], &to[i]);
      }
  }
}

DS2_FMA_CLONES void backward_eight(const Task& task, const Backward& arrays) { backward_steps<Eight>(task, arrays); }
DS2_FMA_CLONES void backward_sixteen(const Task& task, const Backward& arrays) { backward_steps<Sixteen>(task, arrays); }

// ---- threads ----

// Each direction is a task, or several, of some utterances each, where there are more threads.
std::vector<Task> tasks_of(const LstmLayer& layer, std::size_t n_threads) {
  const std::size_t B = layer.n_utterances, parts = std::max<std::size_t>(1, std::min(n_threads / layer.n_directions, B / 4));
  std::vector<std::size_t> order(B);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return layer.frames[a] > layer.frames[b]; });
  std::vector<Task> tasks;
  for (std::size_t direction = 0; direction < layer.n_directions; ++direction)
    for (std::size_t part = 0; part < parts; ++part) {
      tasks.push_back({&layer, direction, {}});
      for (std::size_t i = part; i < B; i += parts) tasks.back().utterances.push_back(order[i]);
    }
  return tasks;
}

template <class Work> void work_through(const std::vector<Task>& tasks, std::size_t n_threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto some = [&] {
    for (std::size_t i; (i = next++) < tasks.size();) work(tasks[i]);
  };
  on_threads(std::min(n_threads, tasks.size()), some);
}

// Zeros in `rows` of `width` that belong to frames beyond an utterance's end.
void clear_beyond(const LstmLayer& layer, float* rows, std::size_t width) {
  for (std::size_t b = 0; b < layer.n_utterances; ++b)
    for (std::size_t t = layer.frames[b]; t < layer.n_frames; ++t) std::fill_n(rows + (t * layer.n_utterances + b) * width, width, 0.0f);
}

}  // namespace

bool has_wide_registers() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

void lstm_forward(const LstmLayer& layer, const LstmRun& run, float* gates, float* cells, float* const* outputs) {
  const std::size_t H = layer.n_units, B = layer.n_utterances;
  clear_beyond(layer, gates, layer.n_directions * 4 * H), clear_beyond(layer, cells, layer.n_directions * H);
  for (std::size_t direction = 0; direction < layer.n_directions; ++direction) {
    std::fill_n(outputs[direction] + (direction ? layer.n_frames * B * H : 0), B * H, 0.0f);
    clear_beyond(layer, outputs[direction] + (direction ? 0 : B * H), H);
  }
  work_through(tasks_of(layer, run.n_threads), run.n_threads, [&](const Task& task) {
    const Forward arrays{gates, cells, outputs[task.direction]};
    run.wide ? forward_sixteen(task, arrays) : forward_eight(task, arrays);
  });
}

void lstm_backward(const LstmLayer& layer, const LstmRun& run, const float* gates, const float* cells, const float* of_outputs,
                   float* of_gates) {
  clear_beyond(layer, of_gates, layer.n_directions * 4 * layer.n_units);
  work_through(tasks_of(layer, run.n_threads), run.n_threads, [&](const Task& task) {
    const Backward arrays{gates, cells, of_outputs, of_gates};
    run.wide ? backward_sixteen(task, arrays) : backward_eight(task, arrays);
  });
}

}  // namespace ds2
