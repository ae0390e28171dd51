// The beam search as Python sees it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bind_hypotheses.h"
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

// Words that are spelled by their characters: whether each could be.
py::array_t<bool> add_texts(Lexicon& lexicon, const std::vector<std::u32string>& words) {
  py::array_t<bool> spelled(words.size());
  bool* out = spelled.mutable_data();
  py::gil_scoped_release others_run;
  for (std::size_t i = 0; i < words.size(); ++i)
    out[i] = lexicon.add(static_cast<int>(i), {words[i].begin(), words[i].end()}, 0.0f);
  return spelled;
}

template <class T> using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

// Spellings one after another: of words[i], symbols[starts[i]:starts[i + 1]]. Whether each could be spelled.
py::array_t<bool> add_spellings(Lexicon& lexicon, const Array<int32_t>& words, const Array<int32_t>& symbols, const Array<int64_t>& starts, const Array<float>& log_weights) {
  const std::size_t n = words.size();
  if (static_cast<std::size_t>(starts.size()) != n + 1 || static_cast<std::size_t>(log_weights.size()) != n || starts.at(n) > symbols.size() || starts.at(0) < 0)
    throw std::length_error("spellings and their starts differ in length");
  py::array_t<bool> spelled(n);
  bool* out = spelled.mutable_data();
  const int32_t *word = words.data(), *symbol = symbols.data();
  const int64_t* start = starts.data();
  const float* log_weight = log_weights.data();
  py::gil_scoped_release others_run;
  for (std::size_t i = 0; i < n; ++i) {
    if (start[i + 1] < start[i]) throw std::length_error("starts fall");
    out[i] = lexicon.add(word[i], {symbol + start[i], symbol + start[i + 1]}, log_weight[i]);
  }
  return spelled;
}

}  // namespace

void bind_decoding(py::module_& module) {
  py::class_<Alphabet>(module, "Alphabet")
      .def(py::init<std::vector<std::vector<int32_t>>, std::vector<uint8_t>, int, bool, std::vector<int>>(), py::kw_only(), py::arg("bodies"), py::arg("begins"),
           py::arg("space"), py::arg("joined"), py::arg("alone"));
  py::class_<Lexicon>(module, "Lexicon")
      .def(py::init<const Alphabet&, int>(), py::arg("alphabet"), py::arg("n_words"), py::keep_alive<1, 2>())
      .def("add_texts", &add_texts, py::arg("words"))
      .def("add_spellings", &add_spellings, py::arg("words"), py::arg("symbols"), py::arg("starts"), py::arg("log_weights"))
      .def("seal", &Lexicon::seal, py::call_guard<py::gil_scoped_release>())
      .def("letters", &Lexicon::letters, py::arg("word"))
      .def_property_readonly("n_spelled", &Lexicon::spelled)
      .def_property_readonly("n_nodes", &Lexicon::size);
  py::enum_<LexiconMode>(module, "LexiconMode").value("none", LexiconMode::none).value("soft", LexiconMode::soft).value("hard", LexiconMode::hard);
  py::class_<Scorer>(module, "Scorer")
      .def(py::init([](double alpha, double beta, double lm_lookahead, double oov_penalty, double oov_letter, LexiconMode lexicon_mode, const Alphabet& alphabet,
                       bool has_words, bool spells, const LanguageModel* model, const Lexicon* lexicon, std::vector<uint32_t> ids,
                       const std::vector<std::vector<int32_t>>& phrases, const std::vector<float>& boosts) {
             const std::size_t n_tokens = ids.size();
             return std::make_unique<Scorer>(ScorerSettings{alpha, beta, lm_lookahead, oov_penalty, oov_letter, lexicon_mode}, alphabet, has_words, spells, model,
                                             lexicon, std::move(ids), Phrases(phrases, boosts, n_tokens));
           }),
           py::kw_only(), py::arg("alpha"), py::arg("beta"), py::arg("lm_lookahead"), py::arg("oov_penalty"), py::arg("oov_letter"), py::arg("lexicon_mode"),
           py::arg("alphabet"), py::arg("has_words"), py::arg("spells"), py::arg("model").none(true), py::arg("lexicon").none(true), py::arg("ids"),
           py::arg("phrases"), py::arg("boosts"), py::keep_alive<1, 8>(), py::keep_alive<1, 11>(), py::keep_alive<1, 12>());
  module.def(
      "unigrams",  // log10 p(word) of the first n_words ids, whatever came before
      [](const LanguageModel& model, std::size_t n_words) {
        py::array_t<float> out(n_words);
        float* p = out.mutable_data();
        for (std::size_t id = 0; id < n_words; ++id) p[id] = id < model.bound() ? model.unigram(static_cast<uint32_t>(id)) : 0.0f;
        return out;
      },
      py::arg("model"), py::arg("n_words"));
  py::class_<Beam>(module, "Beam")
      .def(py::init([](const Scorer& scorer, int beam, double score_threshold, double cutoff_prob, int cutoff_top, std::size_t settle_after,
                       double settle_share, std::size_t collect_after, bool recombine) {
             return std::make_unique<Beam>(scorer, BeamSettings{beam, score_threshold, cutoff_prob, cutoff_top, settle_after, settle_share, recombine, collect_after});
           }),
           py::arg("scorer"), py::kw_only(), py::arg("beam"), py::arg("score_threshold"), py::arg("cutoff_prob"),
           py::arg("cutoff_top"), py::arg("settle_after") = std::size_t{0}, py::arg("settle_share") = 1.0,
           py::arg("collect_after") = std::size_t{1} << 20, py::arg("recombine") = false, py::keep_alive<1, 2>())
      .def("feed", [](Beam& beam, const LogProbs& log_probs) { feed(beam, log_probs, beam.n_units()); }, py::arg("log_probs").noconvert())
      .def("finish", &finish<Beam>, py::arg("n_best"))
      .def("agreed", &Beam::agreed)
      .def_property_readonly("n_frames", &Beam::n_frames)
      .def_property_readonly("n_prefixes", &Beam::n_prefixes);
}

}  // namespace ds2
