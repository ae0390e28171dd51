// What Python sees of the kernels, as `ds2cli._kernels`.
#include <pybind11/pybind11.h>

#include "bindings.h"

PYBIND11_MODULE(_kernels, module) {
  module.doc() = "n-gram models, CTC beam search, alignment, CTC-CRF and LSTMs, compiled; ds2cli.language, .decoding, .alignment, .model and .training are the doors";
  ds2::bind_language(module);
  ds2::bind_estimation(module);
  ds2::bind_decoding(module);
  ds2::bind_transducer(module);
  ds2::bind_alignment(module);
  ds2::bind_training(module);
  ds2::bind_lstm(module);
  ds2::bind_scoring(module);
}
