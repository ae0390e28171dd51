// What the estimator writes.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <stdexcept>

#include "arpa_lines.h"
#include "bindings.h"

namespace py = pybind11;

namespace ds2 {
namespace {

template <class T> using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

py::bytes format_arpa(const py::bytes& words, const Array<uint64_t>& bounds, const Array<int32_t>& ids,
                      const Array<float>& probabilities, const py::object& backoffs) {
  if (ids.ndim() != 2 || ids.shape(0) != probabilities.size()) throw std::invalid_argument("ids and probabilities differ");
  const int32_t n_words = static_cast<int32_t>(bounds.size()) - 1;
  for (py::ssize_t i = 0; i < ids.size(); ++i)
    if (ids.data()[i] < 0 || ids.data()[i] >= n_words) throw std::out_of_range("no such word");
  Array<float> weights;
  if (!backoffs.is_none()) weights = py::cast<Array<float>>(backoffs);
  if (!backoffs.is_none() && weights.size() != probabilities.size()) throw std::invalid_argument("backoffs differ");
  const std::string_view text(words);
  std::string lines;
  {
    py::gil_scoped_release others_run;
    lines = arpa_lines(text, bounds.data(), ids.data(), static_cast<std::size_t>(ids.shape(1)), probabilities.data(),
                       backoffs.is_none() ? nullptr : weights.data(), static_cast<std::size_t>(probabilities.size()));
  }
  return py::bytes(lines);
}

// The C library's log10f, number by number: numpy's depends on the processor in the last digit, and differs from lmplz's.
py::array_t<float> log10_of(const Array<float>& values) {
  py::array_t<float> logs(values.size());
  for (py::ssize_t i = 0; i < values.size(); ++i) logs.mutable_data()[i] = std::log10(values.data()[i]);
  return logs;
}

}  // namespace

void bind_estimation(py::module_& module) {
  module.def("log10", &log10_of, py::arg("values"));
  module.def("format_arpa", &format_arpa, py::arg("words"), py::arg("bounds"), py::arg("ids"), py::arg("probabilities"),
             py::arg("backoffs"));
}

}  // namespace ds2
