// The best path of a text through log-probs, as Python sees it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <optional>

#include "align.h"
#include "bindings.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using Floats = py::array_t<float, py::array::c_style>;
using Integers = py::array_t<int32_t, py::array::c_style>;

template <class T> py::array_t<T> to_array(const std::vector<T>& values) { return py::array_t<T>(values.size(), values.data()); }

// Everything that the loops rely on; a broken promise is a bug of the caller.
void check(const Floats& log_probs, const Integers& labels, const Integers& word_starts, const std::optional<Floats>& heard) {
  if (log_probs.ndim() != 2 || log_probs.shape(1) < 1) throw std::invalid_argument("log_probs are not (frames, units)");
  if (heard && heard->size() != log_probs.shape(0)) throw std::invalid_argument("heard is not (frames,)");
  for (py::ssize_t j = 0; j < labels.size(); ++j)
    if (labels.data()[j] < 1 || labels.data()[j] >= log_probs.shape(1)) throw std::invalid_argument("a label is no unit");
  const int32_t* starts = word_starts.data();
  const py::ssize_t n_words = word_starts.size() - 1;
  if (n_words < 0 || starts[0] != 0 || starts[n_words] != labels.size()) throw std::invalid_argument("word_starts do not span the labels");
  for (py::ssize_t u = 0; u < n_words; ++u)
    if (starts[u] >= starts[u + 1]) throw std::invalid_argument("a word without labels");
}

// (starts, ends, [(first, after, word), ...]), or None where no path spells the labels in so few steps.
py::object align(const Floats& log_probs, const Integers& labels, const Integers& word_starts, const std::optional<Floats>& heard,
                 float star_open, float skip_open, float skip_label, std::size_t steps, std::size_t memory) {
  check(log_probs, labels, word_starts, heard);
  if (steps < 1) throw std::invalid_argument("no steps in a frame");
  const AlignmentProblem problem{log_probs.data(), static_cast<std::size_t>(log_probs.shape(0)), static_cast<std::size_t>(log_probs.shape(1)),
                                 labels.data(), word_starts.data(), static_cast<std::size_t>(labels.size()),
                                 static_cast<std::size_t>(word_starts.size() - 1), heard ? heard->data() : nullptr, star_open,
                                 std::isfinite(skip_open) && std::isfinite(skip_label), skip_open, skip_label, steps};
  AlignedLabels path;
  {
    py::gil_scoped_release others_run;
    path = viterbi_path(problem, memory);
  }
  if (!path.possible) return py::none();
  py::list stars;
  for (const Star& star : path.stars) stars.append(py::make_tuple(star.first, star.after, star.word));
  return py::make_tuple(to_array(path.starts), to_array(path.ends), stars);
}

}  // namespace

void bind_alignment(py::module_& module) {
  module.def("viterbi_path", &align, py::arg("log_probs").noconvert(), py::arg("labels").noconvert(), py::arg("word_starts").noconvert(), py::kw_only(),
             py::arg("heard").none(true), py::arg("star_open"), py::arg("skip_open"), py::arg("skip_label"), py::arg("steps"), py::arg("memory"));
}

}  // namespace ds2
