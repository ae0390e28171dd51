#include "align.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "align_rows.h"

namespace ds2 {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr std::size_t kRenormalise = 64;  // rows: float32 sums stay near 0, where they are exact enough

// How a word boundary was reached. Bits 0 and 1: its blank is itself, or the end of a star, or of a skip; then: the gate is the
// last label rather than the blank; the skip opened at the boundary before; the star was entered in this step.
enum Gate : uint8_t { kEndsStar = 1, kEndsSkip = 2, kGateIsLabel = 4, kSkipOpened = 8, kStarEntered = 16 };

struct Row {
  std::vector<float> blank, label, star;  // (L + 1), (L + 2): label j at [j + 1], (W + 1)
};

struct Range {
  std::size_t first, after;  // of cells j, or of boundaries u
};

class Aligner {
 public:
  Aligner(const AlignmentProblem& problem, std::size_t memory)
      : p_(problem), n_(problem.n_labels), n_steps_(problem.n_frames * problem.steps), gated_(p_.heard || p_.may_skip) {
    // Each step earns all of its frame's log-prob rather than its part, so every price counts as often.
    for (float* price : {&p_.star_open, &p_.skip_open, &p_.skip_label}) *price *= static_cast<float>(p_.steps);
    labels_.assign(p_.labels, p_.labels + n_);
    labels_.push_back(0);  // of the cell after the last label, whose blank is the last one
    repeats_.assign(n_ + 1, 0.0f);
    needed_.resize(n_);
    for (std::size_t j = 0; j < n_; ++j) {
      const bool repeat = j && labels_[j] == labels_[j - 1];
      if (repeat) repeats_[j] = kNever;
      needed_[j] = (j ? needed_[j - 1] : 0) + 1 + repeat;
    }
    const std::size_t width = n_ + 1 + (gated_ ? p_.n_words + 1 : 0);
    const bool fits = (n_steps_ + 1) * width <= memory;
    block_ = fits ? n_steps_ : std::max<std::size_t>(kRenormalise, std::sqrt(8.0 * n_steps_));
  }

  AlignedLabels solve() {
    AlignedLabels path{false, std::vector<int32_t>(n_, -1), std::vector<int32_t>(n_, -1), {}};
    if (!p_.may_skip && n_ && needed_[n_ - 1] > n_steps_) return path;
    const std::size_t n_blocks = block_ ? std::max<std::size_t>(1, (n_steps_ + block_ - 1) / block_) : 1;
    const std::vector<Row> checkpoints = keep_checkpoints(n_blocks);
    state_ = {Kind::gate, p_.n_words};
    for (std::size_t block = n_blocks; block-- > 0;) {
      const std::size_t from = block * block_, to = std::min(n_steps_, from + block_);
      const bool is_last = block + 1 == n_blocks;
      const float score = trace_forward(checkpoints[block], from, to, is_last ? n_ + 1 : highest_cell() + 1);
      if (is_last && score == kNever) return path;
      if (is_last && !gated_ && n_ && ends_in_label_) state_ = {Kind::label, n_ - 1};
      else if (is_last && !gated_) state_ = {Kind::blank, n_};
      trace_back(from, to, path);
    }
    std::reverse(path.stars.begin(), path.stars.end());
    path.possible = true;
    return path;
  }

 private:
  enum class Kind { blank, label, star, skip, gate };
  struct State {
    Kind kind;
    std::size_t at;  // cell or boundary
  };

  Row first_row() const {  // before any step: at the first word's boundary, or at a later one for the price of a skip
    Row row{std::vector<float>(n_ + 1, kNever), std::vector<float>(n_ + 2, kNever), std::vector<float>(p_.heard ? p_.n_words + 1 : 0, kNever)};
    row.blank[0] = 0.0f;
    return row;
  }

  // Cells that can be reached in r steps and from which the end can be reached; all of them where words can be skipped.
  Range reachable(std::size_t r, Range window) const {
    if (p_.may_skip || !n_) return window;
    const auto begin = needed_.begin(), end = needed_.end();
    const std::size_t high = std::upper_bound(begin, end, r) - begin;
    const std::size_t spare = n_steps_ - r, all = needed_[n_ - 1];
    std::size_t low = all > spare ? std::lower_bound(begin, end, all - spare) - begin : 0;
    return {std::max(low, window.first), std::min(high + 1, window.after)};
  }

  Range boundaries(Range cells) const {
    const int32_t *begin = p_.word_starts, *end = begin + p_.n_words + 1;
    return {static_cast<std::size_t>(std::lower_bound(begin, end, static_cast<int32_t>(cells.first)) - begin),
            static_cast<std::size_t>(std::lower_bound(begin, end, static_cast<int32_t>(cells.after)) - begin)};
  }

  // The row at the start of every block.
  std::vector<Row> keep_checkpoints(std::size_t n_blocks) const {
    Row row = first_row(), next = row;
    if (gated_) open_gates(row, row, 0, boundaries({0, n_ + 1}), nullptr);
    std::vector<Row> kept{row};
    for (std::size_t r = 1; kept.size() < n_blocks; ++r) {
      const Range cells = reachable(r, {0, n_ + 1});
      begin_row(next, cells);
      advance_row(in(row, r), next.blank.data(), next.label.data(), cells.first, cells.after);
      finish_row(row, next, r, cells, nullptr);
      if (r % block_ == 0) kept.push_back(row);
    }
    return kept;
  }

  // Rows from + 1 .. to again, with back-pointers, up to cell `after`; returns the best score of the last row's end.
  float trace_forward(const Row& checkpoint, std::size_t from, std::size_t to, std::size_t after) {
    const std::size_t reach = to - from + 1;  // without skips a path advances at most one label a step
    window_ = {p_.may_skip || after < reach ? 0 : after - reach, after};
    gates_of_window_ = gated_ ? boundaries(window_) : Range{0, 0};
    const std::size_t width = window_.after - window_.first, n_gates = gates_of_window_.after - gates_of_window_.first;
    cells_.resize((to - from) * width);
    gates_.resize((to - from + 1) * n_gates);
    Row row = from ? checkpoint : first_row(), next = row;
    if (gated_ && !from) open_gates(row, row, 0, gates_of_window_, gates_.data());
    for (std::size_t r = from + 1; r <= to; ++r) {
      const Range cells = reachable(r, window_);
      begin_row(next, cells);
      advance_row(in(row, r), next.blank.data(), next.label.data(), cells.first, cells.after,
                  cells_.data() + (r - from - 1) * width + (cells.first - window_.first));
      finish_row(row, next, r, cells, gates_.data() + (r - from) * n_gates);
    }
    ends_in_label_ = row.label[n_] > row.blank[n_];
    return std::max(row.blank[n_], row.label[n_]);
  }

  RowIn in(const Row& row, std::size_t r) const {
    return {row.blank.data(), row.label.data(), repeats_.data(), labels_.data(), p_.log_probs + (r - 1) / p_.steps * p_.n_units};
  }

  static void begin_row(Row& next, Range cells) { next.label[cells.first] = kNever; }  // below the range it is two rows old

  void finish_row(Row& row, Row& next, std::size_t r, Range cells, uint8_t* gates) const {
    const Range open = gated_ ? boundaries(cells) : Range{0, 0};
    if (gated_) open_gates(row, next, r, open, gates ? gates + (open.first - gates_of_window_.first) : nullptr);
    std::swap(row, next);
    if (r % kRenormalise == 0) renormalise(row, cells, open);
  }

  void renormalise(Row& row, Range cells, Range open) const {
    if (!p_.heard) open.after = open.first;
    float best = kNever;
    for (std::size_t j = cells.first; j < cells.after; ++j) best = std::max(best, std::max(row.blank[j], row.label[j + 1]));
    for (std::size_t u = open.first; u < open.after; ++u) best = std::max(best, row.star[u]);
    if (best == kNever) return;
    for (std::size_t j = cells.first; j < cells.after; ++j) row.blank[j] -= best, row.label[j + 1] -= best;
    for (std::size_t u = open.first; u < open.after; ++u) row.star[u] -= best;
  }

  // Stars advance by the step that led to row r, then stars and skips end at the boundaries. `before` is row r - 1.
  void open_gates(const Row& before, Row& row, std::size_t r, Range open, uint8_t* gates) const {
    const float heard = p_.heard && r ? p_.heard[(r - 1) / p_.steps] : 0.0f;
    const int32_t* starts = p_.word_starts;
    float skip = kNever;
    bool opened = false;
    for (std::size_t u = open.first; u < open.after; ++u) {
      const std::size_t j = starts[u];
      const float blank = row.blank[j], label = row.label[j];  // label j - 1
      float best = blank;
      int gate = opened ? kSkipOpened : 0;
      if (p_.heard && r) {
        const float enter = std::max(before.blank[j], before.label[j]) - p_.star_open;
        if (enter > before.star[u]) gate |= kStarEntered;
        row.star[u] = std::max(before.star[u], enter) + heard;
        if (row.star[u] > best) best = row.star[u], gate |= kEndsStar;
      }
      const float source = std::max(best, label);
      if (skip > best) best = skip, gate = (gate & ~kEndsStar) | kEndsSkip;
      if (label > best) gate |= kGateIsLabel;
      row.blank[j] = best;
      if (gates) gates[u - open.first] = static_cast<uint8_t>(gate);
      if (p_.may_skip && u < p_.n_words) {
        const float open_here = source - p_.skip_open;
        opened = open_here > skip;
        skip = std::max(skip, open_here) - p_.skip_label * static_cast<float>(starts[u + 1] - starts[u]);
      }
    }
  }

  std::size_t highest_cell() const {
    const bool is_boundary = state_.kind == Kind::star || state_.kind == Kind::skip || state_.kind == Kind::gate;
    return is_boundary ? p_.word_starts[state_.at] : state_.at;
  }

  uint8_t gate(std::size_t r, std::size_t from, std::size_t u) const {
    return gates_[(r - from) * (gates_of_window_.after - gates_of_window_.first) + (u - gates_of_window_.first)];
  }

  // From the state after `to` steps to the one after `from` steps, that one's boundary resolved by the block before.
  void trace_back(std::size_t from, std::size_t to, AlignedLabels& path) {
    for (std::size_t r = to; r > from || (r == 0 && !is_start());) {
      State& s = state_;
      if (s.kind == Kind::gate) {
        s = gate(r, from, s.at) & kGateIsLabel ? State{Kind::label, p_.word_starts[s.at] - 1u} : State{Kind::blank, static_cast<std::size_t>(p_.word_starts[s.at])};
      } else if (s.kind == Kind::skip) {
        s = {gate(r, from, s.at) & kSkipOpened ? Kind::gate : Kind::skip, s.at - 1};
      } else if (s.kind == Kind::blank && ends_here(r, from)) {
        continue;
      } else {
        step_back(r--, from, path);
      }
    }
  }

  bool is_start() const { return (state_.kind == Kind::blank || state_.kind == Kind::gate) && state_.at == 0; }

  // Whether the blank is the end of a star or of a skip: then the state becomes that.
  bool ends_here(std::size_t r, std::size_t from) {
    if (!gated_) return false;
    const int32_t *begin = p_.word_starts, *end = begin + p_.n_words + 1;
    const int32_t* found = std::lower_bound(begin, end, static_cast<int32_t>(state_.at));
    if (found == end || *found != static_cast<int32_t>(state_.at)) return false;
    const std::size_t u = found - begin;
    const uint8_t how = gate(r, from, u);
    if (how & kEndsStar) state_ = {Kind::star, u};
    else if (how & kEndsSkip) state_ = {Kind::skip, u};
    return how & (kEndsStar | kEndsSkip);
  }

  void step_back(std::size_t r, std::size_t from, AlignedLabels& path) {
    const int32_t step = static_cast<int32_t>(r) - 1;
    State& s = state_;
    if (s.kind == Kind::star) {
      if (path.stars.empty() || path.stars.back().first != step + 1 || path.stars.back().word != static_cast<int32_t>(s.at))
        path.stars.push_back({step, step + 1, static_cast<int32_t>(s.at)});
      path.stars.back().first = step;
      if (gate(r, from, s.at) & kStarEntered) s.kind = Kind::gate;
      return;
    }
    const uint8_t cell = cells_[(r - from - 1) * (window_.after - window_.first) + (s.at - window_.first)];
    if (s.kind == Kind::label) {
      path.starts[s.at] = step;
      if (path.ends[s.at] < 0) path.ends[s.at] = step + 1;
      if (cell & kFromLabel) --s.at;
      else if (cell & kFromBlank) s.kind = Kind::blank;
    } else if (cell & kBlankFromLabel) {
      s = {Kind::label, s.at - 1};
    }
  }

  AlignmentProblem p_;
  std::size_t n_, n_steps_;
  bool gated_;
  std::size_t block_;  // steps between checkpoints
  std::vector<int32_t> labels_;
  std::vector<float> repeats_;
  std::vector<std::size_t> needed_;  // steps to reach each label
  Range window_{0, 0}, gates_of_window_{0, 0};
  std::vector<uint8_t> cells_, gates_;  // back-pointers of one block
  State state_{Kind::gate, 0};
  bool ends_in_label_ = false;
};

}  // namespace

AlignedLabels viterbi_path(const AlignmentProblem& problem, std::size_t memory) { return Aligner(problem, memory).solve(); }

}  // namespace ds2
