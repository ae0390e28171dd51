// A language model that lives in Python: asked through a call, under Python's lock.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <unordered_map>

#include "ngram_model.h"

namespace ds2 {

class CallbackModel final : public LanguageModel {
 public:
  // score(state, word) -> (log10 p, next state); states are small numbers
  CallbackModel(pybind11::function score, uint32_t begin_state, const std::vector<float>& unigrams,
                std::unordered_map<std::string, uint32_t> index, uint32_t end)
      : score_(std::move(score)), begin_state_(begin_state), unigrams_(unigrams), index_(std::move(index)), end_(end) {}

  State begin_sentence() const override {
    State state;
    state.words[0] = begin_state_;
    state.length = 1;
    return state;
  }
  float score(const State& from, uint32_t word, State& to) const override {
    pybind11::gil_scoped_acquire python;
    const auto [log10_probability, next] = score_(from.words[0], word).cast<std::pair<float, uint32_t>>();
    to.words[0] = next;
    to.length = 1;
    return log10_probability;
  }
  float unigram(uint32_t word) const override { return unigrams_[word]; }
  uint32_t end_sentence() const override { return end_; }
  uint32_t bound() const override { return static_cast<uint32_t>(unigrams_.size()); }
  uint32_t index(std::string_view word) const override {
    const auto found = index_.find(std::string(word));
    return found == index_.end() ? 0 : found->second;
  }

 private:
  pybind11::function score_;
  uint32_t begin_state_;
  std::vector<float> unigrams_;
  std::unordered_map<std::string, uint32_t> index_;
  uint32_t end_;
};

}  // namespace ds2
