// What beams of every kind say of the texts in their tree.
#pragma once

#include <string>

#include "prefix_tree.h"

namespace ds2 {

// The histories from a text's first token to its last.
std::vector<int32_t> path_of(const PrefixTree& tree, int history);

// The tokens that several histories begin with; kNone for those outside the lexicon.
std::vector<int> shared_tokens(const PrefixTree& tree, const std::vector<int32_t>& histories);

// What tells texts apart: their tokens; and where units are tokens that can be cut otherwise, their symbols.
std::string text_key(const PrefixTree& tree, const Scorer& scorer, int history);

// log p_lm of all tokens, without weight, penalty or boost.
double model_score(const PrefixTree& tree, const Scorer& scorer, int history);

double log_add(double a, double b);

}  // namespace ds2
