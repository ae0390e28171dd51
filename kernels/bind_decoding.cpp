// The beam search as Python sees it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "beam.h"
#include "bindings.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using LogProbs = py::array_t<float, py::array::c_style>;

void feed(Beam& beam, const LogProbs& log_probs, int n_units) {
  if (log_probs.ndim() != 2 || log_probs.shape(1) != n_units) throw std::length_error("log_probs are not (frames, units)");
  const float* frames = log_probs.data();
  const std::size_t n_frames = log_probs.shape(0);
  py::gil_scoped_release others_run;
  beam.feed(frames, n_frames);
}

template <class T> py::array_t<T> to_array(const std::vector<T>& values) { return py::array_t<T>(values.size(), values.data()); }

// [(units, acoustic, model, total, starts, ends, peaks), ...], best first
py::list finish(Beam& beam, std::size_t n_best) {
  std::vector<Hypothesis> hypotheses;
  {
    py::gil_scoped_release others_run;
    hypotheses = beam.finish(n_best);
  }
  py::list out;
  for (const Hypothesis& h : hypotheses)
    out.append(py::make_tuple(to_array(h.units), h.acoustic, h.model, h.total, to_array(h.starts), to_array(h.ends), to_array(h.peaks)));
  return out;
}

}  // namespace

void bind_decoding(py::module_& module) {
  py::class_<Lexicon>(module, "Lexicon")
      .def(py::init<const std::vector<std::string>&, const std::vector<std::string>&>(), py::arg("units"), py::arg("words"),
           py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("n_spelled", &Lexicon::spelled)
      .def_property_readonly("n_nodes", &Lexicon::size);
  py::enum_<Words>(module, "Words").value("open", Words::open).value("soft", Words::soft).value("closed", Words::closed);
  py::class_<Scorer>(module, "Scorer")
      .def(py::init([](double alpha, double beta, double look_ahead, double oov_penalty, double oov_letter, Words words, int n_units, int space,
                       const LanguageModel* model, const Lexicon* lexicon, std::vector<uint32_t> ids, std::vector<float> boosts) {
             return std::make_unique<Scorer>(ScorerSettings{alpha, beta, look_ahead, oov_penalty, oov_letter, words}, n_units, space, model,
                                             lexicon, std::move(ids), std::move(boosts));
           }),
           py::kw_only(), py::arg("alpha"), py::arg("beta"), py::arg("look_ahead"), py::arg("oov_penalty"), py::arg("oov_letter"), py::arg("words"),
           py::arg("n_units"), py::arg("space"), py::arg("model").none(true), py::arg("lexicon").none(true), py::arg("ids"),
           py::arg("boosts"), py::keep_alive<1, 10>(), py::keep_alive<1, 11>());
  py::class_<Beam>(module, "Beam")
      .def(py::init([](const Scorer& scorer, int beam, double score_threshold, double cutoff_prob, int cutoff_top, std::size_t collect_after) {
             return std::make_unique<Beam>(scorer, BeamSettings{beam, score_threshold, cutoff_prob, cutoff_top, collect_after});
           }),
           py::arg("scorer"), py::kw_only(), py::arg("beam"), py::arg("score_threshold"), py::arg("cutoff_prob"),
           py::arg("cutoff_top"), py::arg("collect_after") = std::size_t{1} << 20, py::keep_alive<1, 2>())
      .def("feed", [](Beam& beam, const LogProbs& log_probs) { feed(beam, log_probs, beam.n_units()); }, py::arg("log_probs").noconvert())
      .def("finish", &finish, py::arg("n_best"))
      .def_property_readonly("n_frames", &Beam::n_frames)
      .def_property_readonly("n_prefixes", &Beam::n_prefixes);
}

}  // namespace ds2
