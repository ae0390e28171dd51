// What a beam of any kind answers, as Python sees it.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "beam.h"

namespace ds2 {

template <class T> pybind11::array_t<T> to_array(const std::vector<T>& values) { return pybind11::array_t<T>(values.size(), values.data()); }

// [(units, word_starts, word_ends, words, acoustic, model, total, starts, ends, peaks), ...], best first
template <class AnyBeam> pybind11::list finish(AnyBeam& beam, std::size_t n_best) {
  std::vector<Hypothesis> hypotheses;
  {
    pybind11::gil_scoped_release others_run;
    hypotheses = beam.finish(n_best);
  }
  pybind11::list out;
  for (const Hypothesis& h : hypotheses)
    out.append(pybind11::make_tuple(to_array(h.units), h.word_starts, h.word_ends, h.words, h.acoustic, h.model, h.total, to_array(h.starts), to_array(h.ends), to_array(h.peaks)));
  return out;
}

}  // namespace ds2
