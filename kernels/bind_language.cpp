// ARPA parsing, and n-gram models read, written and asked.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "arpa.h"
#include "bindings.h"
#include "callback_model.h"
#include "ngram_model.h"
#include "ngram_writer.h"

namespace py = pybind11;

namespace ds2 {
namespace {

template <class T> using Array = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <class T> py::array_t<T> to_array(const std::vector<T>& values) { return py::array_t<T>(values.size(), values.data()); }

py::list to_strings(const std::vector<std::string_view>& words) {
  py::list strings(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) strings[i] = py::str(words[i].data(), words[i].size());
  return strings;
}

// bytes of an ARPA file -> (words, ids per order, probabilities per order, backoffs per order)
py::tuple parse_arpa(const py::buffer& text) {
  const py::buffer_info info = text.request();
  ArpaReader reader({static_cast<const char*>(info.ptr), static_cast<std::size_t>(info.size * info.itemsize)});
  {
    py::gil_scoped_release others_run;
    reader.read();
  }
  py::list ids, probabilities, backoffs;
  for (std::size_t n = 1; n <= reader.orders.size(); ++n) {
    const ArpaOrder& order = reader.orders[n - 1];
    ids.append(to_array(order.ids).reshape({static_cast<py::ssize_t>(order.ids.size() / n), static_cast<py::ssize_t>(n)}));
    probabilities.append(to_array(order.probabilities));
    if (n < reader.orders.size()) backoffs.append(to_array(order.backoffs));
  }
  return py::make_tuple(to_strings(reader.words), ids, probabilities, backoffs);
}

std::size_t probing_size(const std::vector<uint64_t>& counts, float multiplier) { return Layout(counts, multiplier).words; }

// Fill `out` (zeros, of probing_size + the strings' bytes); false where an n-gram lacks its suffix or its context.
bool write_probing(py::array_t<uint8_t>& out, const std::string& words, const std::vector<Array<int32_t>>& ids,
                   const std::vector<Array<float>>& probabilities, const std::vector<Array<float>>& backoffs, float multiplier) {
  std::vector<OrderView> orders;
  std::vector<uint64_t> counts;
  for (std::size_t n = 0; n < ids.size(); ++n) {
    counts.push_back(static_cast<uint64_t>(probabilities[n].size()));
    orders.push_back({ids[n].data(), probabilities[n].data(), n < backoffs.size() ? backoffs[n].data() : nullptr, counts.back()});
  }
  const Layout layout(counts, multiplier);
  if (static_cast<std::size_t>(out.size()) != layout.words + words.size()) throw std::length_error("out has another size");
  uint8_t* begin = out.mutable_data();
  py::gil_scoped_release others_run;
  return NgramWriter(begin, layout).write(words, orders);
}

// log10 p of each token of a sentence; ids without <s>, and with </s> where it is to be scored.
py::array_t<float> score_tokens(const LanguageModel& model, const Array<uint32_t>& ids, bool begin) {
  py::array_t<float> scores(ids.size());
  State state = begin ? model.begin_sentence() : State{}, next{};
  for (py::ssize_t i = 0; i < ids.size(); ++i) {
    if (ids.at(i) >= model.bound()) throw std::out_of_range("no such word");
    scores.mutable_at(i) = model.score(state, ids.at(i), next);
    state = next;
  }
  return scores;
}

py::list model_words(const NgramModel& model) {
  std::vector<std::string_view> words;
  const std::string_view all = model.words();
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\0', at);
    if (end == all.npos) break;
    words.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return to_strings(words);
}

}  // namespace

void bind_language(py::module_& module) {
  module.def("parse_arpa", &parse_arpa, py::arg("text"));
  module.def("probing_size", &probing_size, py::arg("counts"), py::arg("multiplier"));
  module.def("write_probing", &write_probing, py::arg("out").noconvert(), py::arg("words"), py::arg("ids"),
             py::arg("probabilities"), py::arg("backoffs"), py::arg("multiplier"));
  py::class_<LanguageModel>(module, "LanguageModel")
      .def("score_tokens", &score_tokens, py::arg("ids"), py::arg("begin") = true)
      .def("index", &LanguageModel::index, py::arg("word"))
      .def_property_readonly("end_sentence", &LanguageModel::end_sentence);
  py::class_<NgramModel, LanguageModel>(module, "NgramModel")
      .def(py::init([](const py::array_t<uint8_t>& bytes) {
             return std::make_unique<NgramModel>(bytes.data(), static_cast<std::size_t>(bytes.size()));
           }),
           py::arg("bytes").noconvert(), py::keep_alive<1, 2>())
      .def_property_readonly("order", [](const NgramModel& model) { return model.layout().order(); })
      .def_property_readonly("counts", [](const NgramModel& model) { return model.layout().counts; })
      .def("words", &model_words);
  py::class_<CallbackModel, LanguageModel>(module, "CallbackModel")
      .def(py::init<py::function, uint32_t, const std::vector<float>&, std::unordered_map<std::string, uint32_t>, uint32_t>(),
           py::arg("score"), py::arg("begin_state"), py::arg("unigrams"), py::arg("index"), py::arg("end"));
}

}  // namespace ds2
