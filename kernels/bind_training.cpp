// The denominator of CTC-CRF, as Python sees it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "bindings.h"
#include "ctc_crf.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Integers = py::array_t<int32_t, py::array::c_style>;

void check_all(const Integers& values, int64_t low, int64_t after, const char* problem) {
  for (py::ssize_t i = 0; i < values.size(); ++i)
    if (values.data()[i] < low || values.data()[i] >= after) throw std::invalid_argument(problem);
}

// Everything that the loops rely on; a broken promise is a bug of the caller.
void check(const Floats& log_probs, const Integers& frames, const Integers& last_units, const Integers& next, const Floats& probs,
           const Floats& ends) {
  if (log_probs.ndim() != 3 || frames.ndim() != 1 || frames.shape(0) != log_probs.shape(0)) throw std::invalid_argument("log_probs are not (B, T, V)");
  const py::ssize_t H = last_units.size(), V = log_probs.shape(2);
  if (H < 1 || V < 2) throw std::invalid_argument("no histories, or no units");
  if (next.ndim() != 2 || next.shape(0) != H || next.shape(1) != V) throw std::invalid_argument("next is not (H, V)");
  if (probs.ndim() != 2 || probs.shape(0) != H || probs.shape(1) != V) throw std::invalid_argument("probs are not (H, V)");
  if (ends.size() != H) throw std::invalid_argument("ends are not (H,)");
  check_all(frames, 1, log_probs.shape(1) + 1, "a length is not 1 to T");
  check_all(next, 0, H, "an arc leads nowhere");
  check_all(last_units, 0, V, "a history ends in no unit");
  for (py::ssize_t h = 0; h < H; ++h)
    for (py::ssize_t u = 1; u < V; ++u)
      if (last_units.data()[next.data()[h * V + u]] != u) throw std::invalid_argument("an arc leads to a history of another unit");
}

// (log_z, occupancy or None)
py::tuple denominators(const Floats& log_probs, const Integers& frames, const Integers& last_units, const Integers& next, const Floats& probs,
                       const Floats& ends, bool with_occupancy, std::size_t threads) {
  check(log_probs, frames, last_units, next, probs, ends);
  const auto n = [](py::ssize_t size) { return static_cast<std::size_t>(size); };
  const UnitGraph graph{n(last_units.size()), n(log_probs.shape(2)), last_units.data(), next.data(), probs.data(), ends.data()};
  const Emissions emissions{n(log_probs.shape(0)), n(log_probs.shape(1)), n(log_probs.shape(2)), log_probs.data(), frames.data()};
  py::array_t<double> log_z(log_probs.shape(0));
  py::object occupancy = py::none();
  float* shares = nullptr;
  if (with_occupancy) {
    Floats array({log_probs.shape(0), log_probs.shape(1), log_probs.shape(2)});
    shares = array.mutable_data();
    occupancy = array;
  }
  double* sums = log_z.mutable_data();
  {
    py::gil_scoped_release others_run;
    ctc_crf_denominators(graph, emissions, threads, sums, shares);
  }
  return py::make_tuple(log_z, occupancy);
}

}  // namespace

void bind_training(py::module_& module) {
  module.def("ctc_crf_denominators", &denominators, py::arg("log_probs").noconvert(), py::arg("frames").noconvert(), py::kw_only(),
             py::arg("last_units").noconvert(), py::arg("next").noconvert(), py::arg("probs").noconvert(), py::arg("ends").noconvert(),
             py::arg("with_occupancy"), py::arg("threads"));
}

}  // namespace ds2
