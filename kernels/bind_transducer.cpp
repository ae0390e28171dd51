// Decoding with a transducer as Python sees it.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "bind_hypotheses.h"
#include "bindings.h"
#include "transducer_beam.h"
#include "transducer_greedy.h"

namespace py = pybind11;

namespace ds2 {
namespace {

using Floats = py::array_t<float, py::array::c_style>;

const float* matrix(const Floats& array, py::ssize_t rows, py::ssize_t columns, const char* name) {
  if (array.ndim() != 2 || array.shape(0) != rows || array.shape(1) != columns) throw std::length_error(name);
  return array.data();
}

const float* row(const Floats& array, py::ssize_t size, const char* name) {
  if (array.ndim() != 1 || array.shape(0) != size) throw std::length_error(name);
  return array.data();
}

std::unique_ptr<TransducerNetwork> network(const Floats& first, const std::optional<Floats>& second, const std::optional<Floats>& recurrent,
                                           const Floats& projection, const Floats& projection_bias, const Floats& output,
                                           const Floats& output_bias, const Floats& silence) {
  if (projection.ndim() != 2 || output.ndim() != 2 || (!second == !recurrent)) throw std::length_error("weights are missing");
  TransducerWeights w{};
  w.n_units = static_cast<int>(output.shape(0)), w.joint = static_cast<int>(output.shape(1)), w.predictor = static_cast<int>(projection.shape(1));
  w.first = matrix(first, w.n_units, recurrent ? 4 * w.predictor : w.predictor, "first");
  w.second = second ? matrix(*second, w.n_units, w.predictor, "second") : nullptr;
  w.recurrent = recurrent ? matrix(*recurrent, 4 * w.predictor, w.predictor, "recurrent") : nullptr;
  w.projection = matrix(projection, w.joint, w.predictor, "projection"), w.projection_bias = row(projection_bias, w.joint, "projection_bias");
  w.output = matrix(output, w.n_units, w.joint, "output"), w.output_bias = row(output_bias, w.n_units, "output_bias");
  w.silence = row(silence, w.joint, "silence");
  return std::make_unique<TransducerNetwork>(w);
}

const float* frames_of(const Floats& frames, const TransducerNetwork& network) { return matrix(frames, frames.ndim() ? frames.shape(0) : 0, network.joint_size(), "frames are not (frames, joint size)"); }

void feed_greedily(const TransducerGreedy& greedy, const std::vector<GreedyPath*>& paths, const std::vector<Floats>& frames) {
  if (paths.size() != frames.size()) throw std::length_error("paths and frames differ in number");
  std::vector<const float*> rows;
  std::vector<std::size_t> counts;
  for (const Floats& one : frames) rows.push_back(frames_of(one, greedy.network())), counts.push_back(one.shape(0));
  py::gil_scoped_release others_run;
  greedy.feed(paths, rows, counts);
}

void feed(TransducerBeam& beam, const Floats& frames) {
  const float* rows = frames_of(frames, beam.network());
  const std::size_t n_frames = frames.shape(0);
  py::gil_scoped_release others_run;
  beam.feed(rows, n_frames);
}

// Log-probs (n, V) after each of n sequences of labels in one frame each: what tests compare with torch.
py::array_t<float> joint_of(const TransducerNetwork& network, const Floats& frames, const std::vector<std::vector<int>>& sequences) {
  const float* rows = frames_of(frames, network);
  if (static_cast<std::size_t>(frames.shape(0)) != sequences.size()) throw std::length_error("frames and sequences differ in number");
  py::array_t<float> out({frames.shape(0), static_cast<py::ssize_t>(network.n_units())});
  std::vector<float> state(network.state_size()), projected(network.projected_size()), found(network.row());
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    network.start(state.data());
    std::vector<int> labels{0};
    labels.insert(labels.end(), sequences[i].begin(), sequences[i].end());
    for (int label : labels) {
      if (label < 0 || label >= network.n_units()) throw std::out_of_range("no such unit");
      const float* before = state.data();
      float *after = state.data(), *to = projected.data();
      network.step(1, &label, &before, &after, &to);
    }
    const float *frame = rows + i * network.joint_size(), *said = projected.data();
    network.joint(1, &frame, &said, 0.0f, found.data());
    std::copy(found.begin(), found.begin() + network.n_units(), out.mutable_data(i, 0));
  }
  return out;
}

}  // namespace

void bind_transducer(py::module_& module) {
  py::class_<TransducerNetwork>(module, "TransducerNetwork")
      .def(py::init(&network), py::kw_only(), py::arg("first"), py::arg("second").none(true), py::arg("recurrent").none(true), py::arg("projection"),
           py::arg("projection_bias"), py::arg("output"), py::arg("output_bias"), py::arg("silence"))
      .def("joint", &joint_of, py::arg("frames"), py::arg("labels"))
      .def_property_readonly("joint_size", &TransducerNetwork::joint_size)
      .def_property_readonly("n_units", &TransducerNetwork::n_units);
  py::class_<GreedyPath>(module, "GreedyPath")
      .def_property_readonly("units", [](const GreedyPath& path) { return to_array(path.units); })
      .def_property_readonly("frames", [](const GreedyPath& path) { return to_array(path.frames); })
      .def_property_readonly("log_probs", [](const GreedyPath& path) { return to_array(path.log_probs); })
      .def_readonly("score", &GreedyPath::score)
      .def_property_readonly("n_units", [](const GreedyPath& path) { return path.units.size(); })
      .def_readonly("n_frames", &GreedyPath::n_frames);
  py::class_<TransducerGreedy>(module, "TransducerGreedy")
      .def(py::init<const TransducerNetwork&, int, float>(), py::arg("network"), py::kw_only(), py::arg("max_labels"), py::arg("lowered"),
           py::keep_alive<1, 2>())
      .def("start", &TransducerGreedy::start)
      .def("feed", &feed_greedily, py::arg("paths"), py::arg("frames"));
  py::class_<TransducerBeam>(module, "TransducerBeam")
      .def(py::init([](const TransducerNetwork& network, const Scorer& scorer, int beam, double score_threshold, double cutoff_prob, int cutoff_top,
                       int max_labels, double internal, double lowered, bool best_first, std::size_t settle_after, double settle_share,
                       std::size_t collect_after) {
             if (network.n_units() != scorer.n_units()) throw std::length_error("the network and the scorer have different units");
             const TransducerSettings settings{beam, score_threshold, cutoff_prob, cutoff_top, max_labels, internal, lowered, best_first, settle_after, settle_share, collect_after};
             return std::make_unique<TransducerBeam>(network, scorer, settings);
           }),
           py::arg("network"), py::arg("scorer"), py::kw_only(), py::arg("beam"), py::arg("score_threshold"), py::arg("cutoff_prob"), py::arg("cutoff_top"),
           py::arg("max_labels"), py::arg("internal"), py::arg("lowered"), py::arg("best_first"), py::arg("settle_after") = std::size_t{0},
           py::arg("settle_share") = 1.0, py::arg("collect_after") = std::size_t{1} << 18, py::keep_alive<1, 2>(), py::keep_alive<1, 3>())
      .def("feed", &feed, py::arg("frames").noconvert())
      .def("finish", &finish<TransducerBeam>, py::arg("n_best"))
      .def("agreed", &TransducerBeam::agreed)
      .def_property_readonly("n_frames", &TransducerBeam::n_frames)
      .def_property_readonly("n_labels", &TransducerBeam::n_labels);
}

}  // namespace ds2
