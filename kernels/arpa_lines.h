// n-grams as the lines of an ARPA file.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ds2 {

// The fewest digits that read back as the same float32, as KenLM writes them; exponents only below 1e-6.
inline void append_number(std::string& out, float value) {
  char digits[48];
  const float size = std::fabs(value);
  const bool plain = size == 0.0f || (size >= 1e-6f && size < 1e21f);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  if (value == 0.0f) value = 0.0f;  // no "-0"
  const auto end = std::to_chars(digits, digits + sizeof digits, value, format);
  out.append(digits, end.ptr);
}

// "log10 p \t word word ... \t log10 backoff \n" for each of `count` n-grams of `order` words.
// bounds: where each word of `words` begins, and at last their end. backoffs: null for the highest order.
inline std::string arpa_lines(std::string_view words, const uint64_t* bounds, const int32_t* ids, std::size_t order,
                              const float* probabilities, const float* backoffs, std::size_t count) {
  std::string out;
  out.reserve(count * (24 + 8 * order));
  for (std::size_t i = 0; i < count; ++i) {
    append_number(out, probabilities[i]);
    for (std::size_t place = 0; place < order; ++place) {
      const int32_t id = ids[i * order + place];
      out.push_back(place ? ' ' : '\t');
      out.append(words.substr(bounds[id], bounds[id + 1] - bounds[id]));
    }
    if (backoffs) {
      out.push_back('\t');
      append_number(out, backoffs[i]);
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace ds2
