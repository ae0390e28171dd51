#include "transducer_greedy.h"

namespace ds2 {

GreedyPath TransducerGreedy::start() const {
  GreedyPath path;
  path.state.resize(network_.state_size()), path.projected.resize(network_.projected_size());
  network_.start(path.state.data());
  const int blank = 0;
  const float* before = path.state.data();
  float *after = path.state.data(), *projected = path.projected.data();
  network_.step(1, &blank, &before, &after, &projected);
  return path;
}

void TransducerGreedy::feed(const std::vector<GreedyPath*>& paths, const std::vector<const float*>& frames, const std::vector<std::size_t>& counts) const {
  struct Place {
    GreedyPath* path;
    const float *frame, *end;
    int n_labels = 0;
  };
  const std::size_t J = network_.joint_size();
  std::vector<Place> going;
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (counts[i]) going.push_back({paths[i], frames[i], frames[i] + counts[i] * J});
  std::vector<const float*> heard, said, before;
  std::vector<float*> after, projected;
  std::vector<float> log_probs;
  std::vector<int> labels;
  while (!going.empty()) {
    heard.clear(), said.clear(), before.clear(), after.clear(), projected.clear(), labels.clear();
    for (const Place& place : going) heard.push_back(place.frame), said.push_back(place.path->projected.data());
    log_probs.resize(going.size() * network_.row());
    network_.joint(going.size(), heard.data(), said.data(), lowered_, log_probs.data());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < going.size(); ++i) {
      Place place = going[i];
      GreedyPath& path = *place.path;
      const float* row = &log_probs[i * network_.row()];
      const int best = place.n_labels < max_labels_ ? static_cast<int>(std::max_element(row, row + network_.n_units()) - row) : 0;
      path.score += row[best];
      if (best) {
        path.units.push_back(best), path.frames.push_back(path.n_frames), path.log_probs.push_back(row[best]);
        labels.push_back(best), before.push_back(path.state.data()), after.push_back(path.state.data()), projected.push_back(path.projected.data());
        ++place.n_labels;
      } else {
        ++path.n_frames, place.frame += J, place.n_labels = 0;
      }
      if (place.frame < place.end) going[kept++] = place;
    }
    going.resize(kept);
    if (!labels.empty()) network_.step(labels.size(), labels.data(), before.data(), after.data(), projected.data());
  }
}

}  // namespace ds2
