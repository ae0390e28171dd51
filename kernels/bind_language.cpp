// ARPA parsing, and n-gram models read, written and asked.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "arpa.h"
#include "bindings.h"
#include "ngram_model.h"
#include "probing_writer.h"
#include "utf8.h"

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

// An ARPA file, parsed; its bytes must stay as long as this.
class Arpa {
 public:
  explicit Arpa(const py::buffer& text) : info_(text.request()), reader_({static_cast<const char*>(info_.ptr), static_cast<std::size_t>(info_.size * info_.itemsize)}) {
    py::gil_scoped_release others_run;
    reader_.read();
  }

  // (words, ids per order, probabilities per order, backoffs per order), what is listed again merged
  py::tuple tables() {
    py::list ids, probabilities, backoffs;
    for (std::size_t n = 1; n <= reader_.orders.size(); ++n) {
      if (n > 1) reader_.merge_repeats(static_cast<int>(n));
      const ArpaOrder& order = reader_.orders[n - 1];
      ids.append(to_array(order.ids).reshape({static_cast<py::ssize_t>(order.ids.size() / n), static_cast<py::ssize_t>(n)}));
      probabilities.append(to_array(order.probabilities));
      if (n < reader_.orders.size()) backoffs.append(to_array(order.backoffs));
    }
    return py::make_tuple(to_strings(reader_.words), ids, probabilities, backoffs);
  }

  std::size_t binary_size(float multiplier) const {
    std::size_t size = ProbingLayout<>(counts(), multiplier).words;
    for (std::string_view word : reader_.words) size += word.size() + 1;
    return size;
  }

  // Fill `out` (zeros, of binary_size); false where an n-gram is listed again, or lacks its suffix or its context.
  bool write_probing(py::array_t<uint8_t>& out, float multiplier) const {
    std::string words;
    for (std::string_view word : reader_.words) words.append(word).push_back('\0');
    std::vector<OrderView> orders;
    for (const ArpaOrder& order : reader_.orders)
      orders.push_back({order.ids.data(), order.probabilities.data(), order.backoffs.data(), order.probabilities.size()});
    if (orders.size() == 1) orders.push_back({nullptr, nullptr, nullptr, 0});  // the format has no order 1
    orders.back().backoffs = nullptr;
    const ProbingLayout<> layout(counts(), multiplier);
    if (static_cast<std::size_t>(out.size()) != layout.words + words.size()) throw std::length_error("out has another size");
    uint8_t* begin = out.mutable_data();
    py::gil_scoped_release others_run;
    return ProbingWriter(begin, layout).write(words, orders);
  }

  // Per order, how many n-grams were listed again, and the first of them; above order 1 only after tables()
  py::list repeats() const {
    py::list found;
    for (const ArpaRepeats& repeat : reader_.repeats) found.append(py::make_tuple(repeat.count, repeat.first));
    return found;
  }

  bool has_word(std::string_view word) const { return reader_.has_word(word); }
  bool has_copied_end() const { return reader_.begin_repeated_as_end; }

 private:
  std::vector<uint64_t> counts() const {
    std::vector<uint64_t> found;
    for (const ArpaOrder& order : reader_.orders) found.push_back(order.probabilities.size());
    if (found.size() == 1) found.push_back(0);
    return found;
  }

  py::buffer_info info_;
  ArpaReader reader_;
};

std::size_t probing_size(const std::vector<uint64_t>& counts, float multiplier) { return ProbingLayout<>(counts, multiplier).words; }

// Fill `out` (zeros, of probing_size + the strings' bytes); false where an n-gram is there twice, or lacks a part.
bool write_probing(py::array_t<uint8_t>& out, const std::string& words, const std::vector<Array<int32_t>>& ids,
                   const std::vector<Array<float>>& probabilities, const std::vector<Array<float>>& backoffs, float multiplier) {
  std::vector<OrderView> orders;
  std::vector<uint64_t> counts;
  for (std::size_t n = 0; n < ids.size(); ++n) {
    counts.push_back(static_cast<uint64_t>(probabilities[n].size()));
    orders.push_back({ids[n].data(), probabilities[n].data(), n < backoffs.size() ? backoffs[n].data() : nullptr, counts.back()});
  }
  const ProbingLayout<> layout(counts, multiplier);
  if (static_cast<std::size_t>(out.size()) != layout.words + words.size()) throw std::length_error("out has another size");
  uint8_t* begin = out.mutable_data();
  py::gil_scoped_release others_run;
  return ProbingWriter(begin, layout).write(words, orders);
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

// The ids of words given as bytes; 0 is <unk>.
py::array_t<uint32_t> indices(const LanguageModel& model, const py::list& words) {
  py::array_t<uint32_t> ids(static_cast<py::ssize_t>(words.size()));
  uint32_t* out = ids.mutable_data();
  for (py::handle word : words) *out++ = model.index(py::cast<std::string_view>(word));
  return ids;
}

py::list model_words(const FileModel& model) {
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

// The words of a file, looked through without making strings of them: how many, whether the last one is ended, and the
// number of the first that is not UTF-8, or -1.
py::tuple survey_words(const FileModel& model) {
  const std::string_view all = model.words();
  const auto count = std::count(all.begin(), all.end(), '\0');
  const std::size_t wrong = first_not_utf8(all);
  const py::ssize_t number = wrong == all.npos ? -1 : std::count(all.begin(), all.begin() + wrong, '\0');
  return py::make_tuple(count, !all.empty() && all.back() == '\0', number);
}

// Damage found while a model is asked is the person's file's, not ours: it leaves as a LanguageModelError.
void translate_damage(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const DamagedModel& damage) {
    const py::object kind = py::module_::import("ds2cli.errors").attr("LanguageModelError");
    const py::object error = kind(damage.what(), "copy it again, or build it again from its ARPA");
    PyErr_SetObject(kind.ptr(), error.ptr());
  }
}

}  // namespace

void bind_language(py::module_& module) {
  py::class_<Arpa>(module, "Arpa")
      .def(py::init<const py::buffer&>(), py::arg("text"), py::keep_alive<1, 2>())
      .def("tables", &Arpa::tables)
      .def("binary_size", &Arpa::binary_size, py::arg("multiplier"))
      .def("write_probing", &Arpa::write_probing, py::arg("out").noconvert(), py::arg("multiplier"))
      .def("has_word", &Arpa::has_word, py::arg("word"))
      .def_property_readonly("repeats", &Arpa::repeats)
      .def_property_readonly("has_copied_end", &Arpa::has_copied_end);
  module.def("probing_size", &probing_size, py::arg("counts"), py::arg("multiplier"));
  module.def("write_probing", &write_probing, py::arg("out").noconvert(), py::arg("words"), py::arg("ids"),
             py::arg("probabilities"), py::arg("backoffs"), py::arg("multiplier"));
  py::register_exception_translator(&translate_damage);
  py::class_<LanguageModel>(module, "LanguageModel")
      .def("score_tokens", &score_tokens, py::arg("ids"), py::arg("begin") = true)
      .def("index", &LanguageModel::index, py::arg("word"))
      .def("indices", &indices, py::arg("words"))
      .def_property_readonly("end_sentence", &LanguageModel::end_sentence)
      .def_property_readonly("bound", &LanguageModel::bound);
  py::class_<FileModel, LanguageModel>(module, "NgramModel")
      .def(py::init([](const py::array_t<uint8_t>& bytes, const std::string& name) {
             return open_model(bytes.data(), static_cast<std::size_t>(bytes.size()), name);
           }),
           py::arg("bytes").noconvert(), py::arg("name") = "", py::keep_alive<1, 2>())
      .def_property_readonly("order", [](const FileModel& model) { return model.header().order; })
      .def_property_readonly("counts", [](const FileModel& model) { return model.header().counts; })
      .def_property_readonly("type", [](const FileModel& model) { return static_cast<uint32_t>(model.header().type); })
      .def_property_readonly("has_words", [](const FileModel& model) { return model.header().has_words; })
      .def("survey_words", &survey_words)
      .def("words", &model_words);
}

}  // namespace ds2
