// The recurrence of an LSTM layer over utterances of different lengths (Hochreiter and Schmidhuber 1997, with the forget
// gate of Gers et al. 2000), in one direction or both, and back through time. What the inputs say to the gates, and the
// gradients of weights and inputs, are matrix products over all frames at once: the caller's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ds2 {

constexpr std::size_t kLstmMultiple = 32;  // of units

// n_directions  1: from the first frame to the last; 2: the second from an utterance's last frame to its first
// frames        (B) of each utterance, 0 to T
// weights       (4H, H) of each direction, rows of gates i, f, g, o, as torch keeps them
struct LstmLayer {
  std::size_t n_frames, n_utterances, n_directions, n_units;
  const int32_t* frames;
  const float* weights[2];
};

// wide  sixteen numbers at a time, which AVX-512 has registers for, or eight
struct LstmRun {
  std::size_t n_threads;
  bool wide;
};

bool has_wide_registers();

// gates    (T, B, D, 4H) what inputs and biases say; afterwards the gates themselves, or zeros beyond an utterance's end
// cells    (T, B, D, H) c
// outputs  of each direction (T + 1, B, H): h, with a row of zeros before the first frame, and after the last backwards
void lstm_forward(const LstmLayer& layer, const LstmRun& run, float* gates, float* cells, float* const* outputs);

// gates, cells  as above
// of_outputs    (T, B, H) the gradient of h, which is the sum over directions
// of_gates      (T, B, D, 4H) the gradient of what inputs and biases say, zeros beyond an utterance's end
void lstm_backward(const LstmLayer& layer, const LstmRun& run, const float* gates, const float* cells, const float* of_outputs,
                   float* of_gates);

}  // namespace ds2
