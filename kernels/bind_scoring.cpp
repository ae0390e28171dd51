// Edit distances of many pairs.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include "bindings.h"
#include "edits.h"

namespace py = pybind11;

namespace ds2 {
namespace {

template <class T> using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

// Sequence i of each side is values[starts[i] : starts[i] + lengths[i]] -> (pairs, 4) correct, substituted, deleted, inserted.
py::array_t<int64_t> count_edits(const Array<int32_t>& references, const Array<int64_t>& reference_starts, const Array<int64_t>& reference_lengths,
                                 const Array<int32_t>& hypotheses, const Array<int64_t>& hypothesis_starts, const Array<int64_t>& hypothesis_lengths,
                                 int64_t sub, int64_t gap) {
  const py::ssize_t pairs = reference_starts.size();
  if (reference_lengths.size() != pairs || hypothesis_starts.size() != pairs || hypothesis_lengths.size() != pairs) throw std::length_error("pairs differ in number");
  const auto check = [&](const Array<int32_t>& values, const Array<int64_t>& starts, const Array<int64_t>& lengths) {
    for (py::ssize_t i = 0; i < pairs; ++i)
      if (starts.data()[i] < 0 || lengths.data()[i] < 0 || starts.data()[i] + lengths.data()[i] > values.size()) throw std::out_of_range("a sequence leaves its values");
  };
  check(references, reference_starts, reference_lengths);
  check(hypotheses, hypothesis_starts, hypothesis_lengths);
  py::array_t<int64_t> counts({pairs, py::ssize_t{4}});
  int64_t* out = counts.mutable_data();
  const int32_t *ref = references.data(), *hyp = hypotheses.data();
  const int64_t *ref_start = reference_starts.data(), *ref_length = reference_lengths.data();
  const int64_t *hyp_start = hypothesis_starts.data(), *hyp_length = hypothesis_lengths.data();
  py::gil_scoped_release others_run;
  EditCounter counter({sub, gap});
  for (py::ssize_t i = 0; i < pairs; ++i, out += 4) {
    const EditCounts found = counter.count(ref + ref_start[i], ref_length[i], hyp + hyp_start[i], hyp_length[i]);
    out[0] = found.correct, out[1] = found.substituted, out[2] = found.deleted, out[3] = found.inserted;
  }
  return counts;
}

}  // namespace

void bind_scoring(py::module_& module) {
  module.def("count_edits", &count_edits, py::arg("references"), py::arg("reference_starts"), py::arg("reference_lengths"), py::arg("hypotheses"),
             py::arg("hypothesis_starts"), py::arg("hypothesis_lengths"), py::arg("sub"), py::arg("gap"));
}

}  // namespace ds2
