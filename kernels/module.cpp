// What Python sees of the kernels, as `ds2cli._kernels`.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bindings.h"

PYBIND11_MODULE(_kernels, module) {
  module.doc() = "n-gram models and CTC beam search, compiled; ds2cli.language and ds2cli.decoding are the doors";
  ds2::bind_language(module);
}
