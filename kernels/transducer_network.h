// The parts of an RNN transducer that a search asks again and again: the prediction network, one label further, and the
// joint layer (Graves 2012, arXiv:1211.3711; the sum and tanh of Graves et al. 2013, arXiv:1303.5778). Rows of several
// hypotheses pass together, so that each weight is read once for all of them.
#pragma once

#include <vector>

#include "lanes.h"

namespace ds2 {

// A matrix and a bias: (n_out, n_in) as torch keeps it, here in panels that a product reads one after another.
class Affine {
 public:
  Affine() = default;
  Affine(const float* weight, const float* bias, int n_out, int n_in, float padding = 0.0f);

  int width() const { return n_panels_ * kPanel; }  // of a row of results; what lies beyond n_out is `padding`
  int n_in() const { return n_in_; }
  // rows (n, n_in) -> out (n, width); `add` (n rows of width, or none) is added
  void apply(const float* rows, std::size_t n, const float* const* add, float* out) const;

 private:
  static constexpr int kPanel = 2 * static_cast<int>(kLanes);
  int n_in_ = 0, n_panels_ = 0;
  LaneArray panels_, bias_;
};

// predictor  an LSTM, or of the last two labels (`recurrent` has no rows then)
struct TransducerWeights {
  int n_units, predictor, joint;
  const float* first;        // LSTM: (V, 4P) what each label says to the gates, biases in; else (V, P) of the label before the last, bias in
  const float* second;       // stateless: (V, P) of the last label
  const float* recurrent;    // LSTM: (4P, P)
  const float *projection, *projection_bias;  // (J, P), (J)
  const float *output, *output_bias;          // (V, J), (V)
  const float* silence;      // (J) what the joint layer is given of a frame that says nothing
};

class TransducerNetwork {
 public:
  explicit TransducerNetwork(const TransducerWeights& weights);

  int n_units() const { return n_units_; }
  int joint_size() const { return joint_; }
  int row() const { return output_.width(); }  // floats of a row of log-probs, of which n_units count
  int state_size() const { return is_stateless() ? 1 : 2 * predictor_; }
  int projected_size() const { return projection_.width(); }
  const float* silence() const { return silence_.data(); }

  void start(float* state) const;  // before anything was said; the first label is the blank
  // One label more for each of n: (n, state_size) -> (n, state_size), and what the joint layer adds (n, projected_size).
  void step(std::size_t n, const int* labels, const float* const* before, float* const* after, float* const* projected) const;
  // Natural-log probabilities (n, row) of n pairs of a frame (J) and projected labels; `lowered` is taken from the blank's logit.
  void joint(std::size_t n, const float* const* frames, const float* const* projected, float lowered, float* out) const;

 private:
  bool is_stateless() const { return !second_.empty(); }

  int n_units_, predictor_, joint_;
  std::vector<float> first_, second_, silence_;
  Affine recurrent_, projection_, output_;
};

}  // namespace ds2
