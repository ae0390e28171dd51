// What Python sees of the kernels, as `ds2cli._kernels`.
#include <pybind11/pybind11.h>

#include "bindings.h"

PYBIND11_MODULE(_kernels, module) {
  module.doc() = "n-gram models and CTC beam search, compiled; ds2cli.language and ds2cli.decoding are the doors";
  ds2::bind_language(module);
  ds2::bind_estimation(module);
  ds2::bind_decoding(module);
}
