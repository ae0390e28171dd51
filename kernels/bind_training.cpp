// The denominator of CTC-CRF and the transducer's lattice, as Python sees them.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "bindings.h"
#include "ctc_crf.h"
#include "transducer_loss.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Integers = py::array_t<int32_t, py::array::c_style>;

void check_all(const Integers& values, int64_t low, int64_t after, const char* problem) {
  for (py::ssize_t i = 0; i < values.size(); ++i)
    if (values.data()[i] < low || values.data()[i] >= after) throw std::invalid_argument(problem);
}

// Everything that the loops rely on is checked here and below; a broken promise is a bug of the caller.
std::unique_ptr<UnitGraph> make_graph(const Integers& last_units, const Integers& next, const Floats& probs, const Floats& ends) {
  const py::ssize_t H = last_units.size();
  if (next.ndim() != 2 || next.shape(0) != H || H < 1 || next.shape(1) < 2) throw std::invalid_argument("next is not (H, V)");
  const py::ssize_t V = next.shape(1);
  if (probs.ndim() != 2 || probs.shape(0) != H || probs.shape(1) != V) throw std::invalid_argument("probs are not (H, V)");
  if (ends.size() != H) throw std::invalid_argument("ends are not (H,)");
  check_all(next, 0, H, "an arc leads nowhere");
  check_all(last_units, 0, V, "a history ends in no unit");
  for (py::ssize_t h = 0; h < H; ++h)
    for (py::ssize_t u = 1; u < V; ++u)
      if (last_units.data()[next.data()[h * V + u]] != u) throw std::invalid_argument("an arc leads to a history of another unit");
  return std::make_unique<UnitGraph>(static_cast<std::size_t>(H), static_cast<std::size_t>(V), last_units.data(), next.data(), probs.data(),
                                     ends.data());
}

// (log_z, occupancy or None)
py::tuple denominators(const UnitGraph& graph, const Floats& log_probs, const Integers& frames, bool with_occupancy, std::size_t threads,
                       std::size_t memory) {
  const bool fits = log_probs.ndim() == 3 && static_cast<std::size_t>(log_probs.shape(2)) == graph.n_units;
  if (!fits || frames.ndim() != 1 || frames.shape(0) != log_probs.shape(0)) throw std::invalid_argument("log_probs are not (B, T, V)");
  check_all(frames, 1, log_probs.shape(1) + 1, "a length is not 1 to T");
  const auto size = [&](int axis) { return static_cast<std::size_t>(log_probs.shape(axis)); };
  const Emissions emissions{size(0), size(1), size(2), log_probs.data(), frames.data()};
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
    ctc_crf_denominators(graph, emissions, threads, memory, sums, shares);
  }
  return py::make_tuple(log_z, occupancy);
}

// (log_p, blank_shares, label_shares), the shares None where they are not asked for
py::tuple paths(const Floats& blanks, const Floats& labels, const Integers& frames, const Integers& n_labels, bool with_shares,
                std::size_t threads) {
  if (blanks.ndim() != 3 || blanks.shape(2) < 1) throw std::invalid_argument("blanks are not (B, T, U + 1)");
  const std::vector<py::ssize_t> shape{blanks.shape(0), blanks.shape(1), blanks.shape(2)};
  if (labels.ndim() != 3 || !std::equal(shape.begin(), shape.end(), labels.shape())) throw std::invalid_argument("labels are not as blanks");
  for (const Integers* lengths : {&frames, &n_labels})
    if (lengths->ndim() != 1 || lengths->shape(0) != shape[0]) throw std::invalid_argument("lengths are not (B,)");
  check_all(frames, 1, shape[1] + 1, "a length is not 1 to T");
  check_all(n_labels, 0, shape[2], "a number of labels is not 0 to U");
  const auto size = [&](int axis) { return static_cast<std::size_t>(shape[axis]); };
  const Lattices lattices{size(0), size(1), size(2), blanks.data(), labels.data(), frames.data(), n_labels.data()};
  py::array_t<double> log_p(shape[0]);
  py::object blank_shares = py::none(), label_shares = py::none();
  float *of_blanks = nullptr, *of_labels = nullptr;
  if (with_shares) {
    Floats one(shape), other(shape);
    of_blanks = one.mutable_data(), of_labels = other.mutable_data();
    blank_shares = one, label_shares = other;
  }
  double* sums = log_p.mutable_data();
  {
    py::gil_scoped_release others_run;
    transducer_paths(lattices, threads, sums, of_blanks, of_labels);
  }
  return py::make_tuple(log_p, blank_shares, label_shares);
}

}  // namespace

void bind_training(py::module_& module) {
  py::class_<UnitGraph>(module, "UnitGraph")
      .def(py::init(&make_graph), py::arg("last_units").noconvert(), py::arg("next").noconvert(), py::arg("probs").noconvert(),
           py::arg("ends").noconvert());
  module.def("ctc_crf_denominators", &denominators, py::arg("graph"), py::arg("log_probs").noconvert(), py::arg("frames").noconvert(),
             py::kw_only(), py::arg("with_occupancy"), py::arg("threads"), py::arg("memory"));
  module.def("transducer_paths", &paths, py::arg("blanks").noconvert(), py::arg("labels").noconvert(), py::arg("frames").noconvert(),
             py::arg("n_labels").noconvert(), py::kw_only(), py::arg("with_shares"), py::arg("threads"));
}

}  // namespace ds2
