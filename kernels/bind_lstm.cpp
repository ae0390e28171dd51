// The recurrence of an LSTM layer, as Python sees it. Arrays are written in place.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <vector>

#include "bindings.h"
#include "lstm.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Integers = py::array_t<int32_t, py::array::c_style>;
using Shape = std::vector<py::ssize_t>;

void expect(const Floats& array, const Shape& shape, const char* problem) {
  if (Shape(array.shape(), array.shape() + array.ndim()) != shape) throw std::invalid_argument(problem);
}

// Everything that the loops rely on is checked here; a broken promise is a bug of the caller.
LstmLayer layer_of(const std::vector<Floats>& weights, const Integers& frames, const Floats& gates, const Floats& cells) {
  const py::ssize_t D = static_cast<py::ssize_t>(weights.size());
  if (D < 1 || D > 2) throw std::invalid_argument("weights are not of one direction or two");
  if (cells.ndim() != 4) throw std::invalid_argument("cells are not (T, B, D, H)");
  const py::ssize_t T = cells.shape(0), B = cells.shape(1), H = cells.shape(3);
  if (H < 1 || H % static_cast<py::ssize_t>(kLstmMultiple)) throw std::invalid_argument("units are no multiple of 32");
  expect(cells, {T, B, D, H}, "cells are not (T, B, D, H)");
  expect(gates, {T, B, D, 4 * H}, "gates are not (T, B, D, 4H)");
  for (const Floats& one : weights) expect(one, {4 * H, H}, "weights are not (4H, H)");
  if (frames.ndim() != 1 || frames.shape(0) != B) throw std::invalid_argument("frames are not (B,)");
  for (py::ssize_t b = 0; b < B; ++b)
    if (frames.data()[b] < 0 || frames.data()[b] > T) throw std::invalid_argument("a length is not 0 to T");
  const auto size = [](py::ssize_t value) { return static_cast<std::size_t>(value); };
  return {size(T), size(B), size(D), size(H), frames.data(), {weights[0].data(), weights[size(D - 1)].data()}};
}

void forward(const std::vector<Floats>& weights, const Integers& frames, Floats& gates, Floats& cells, std::vector<Floats>& outputs,
             std::size_t threads, const std::optional<bool>& wide) {
  const LstmLayer layer = layer_of(weights, frames, gates, cells);
  if (outputs.size() != weights.size()) throw std::invalid_argument("outputs are not of each direction");
  float* rows[2];
  for (std::size_t d = 0; d < outputs.size(); ++d) {
    expect(outputs[d], {cells.shape(0) + 1, cells.shape(1), cells.shape(3)}, "outputs are not (T + 1, B, H)");
    rows[d] = outputs[d].mutable_data();
  }
  float *of_gates = gates.mutable_data(), *of_cells = cells.mutable_data();
  py::gil_scoped_release others_run;
  lstm_forward(layer, {threads, wide.value_or(has_wide_registers())}, of_gates, of_cells, rows);
}

void backward(const std::vector<Floats>& weights, const Integers& frames, const Floats& gates, const Floats& cells, const Floats& of_outputs,
              Floats& of_gates, std::size_t threads, const std::optional<bool>& wide) {
  const LstmLayer layer = layer_of(weights, frames, gates, cells);
  expect(of_outputs, {cells.shape(0), cells.shape(1), cells.shape(3)}, "of_outputs are not (T, B, H)");
  expect(of_gates, Shape(gates.shape(), gates.shape() + gates.ndim()), "of_gates are not as gates");
  float* written = of_gates.mutable_data();
  py::gil_scoped_release others_run;
  lstm_backward(layer, {threads, wide.value_or(has_wide_registers())}, gates.data(), cells.data(), of_outputs.data(), written);
}

}  // namespace

void bind_lstm(py::module_& module) {
  module.def("lstm_multiple", [] { return kLstmMultiple; });
  module.def("lstm_forward", &forward, py::arg("weights"), py::arg("frames").noconvert(), py::arg("gates").noconvert(),
             py::arg("cells").noconvert(), py::arg("outputs"), py::kw_only(), py::arg("threads"), py::arg("wide") = py::none());
  module.def("lstm_backward", &backward, py::arg("weights"), py::arg("frames").noconvert(), py::arg("gates").noconvert(),
             py::arg("cells").noconvert(), py::arg("of_outputs").noconvert(), py::arg("of_gates").noconvert(), py::kw_only(), py::arg("threads"), py::arg("wide") = py::none());
}

}  // namespace ds2
