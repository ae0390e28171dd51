// Functions of many numbers at a time, for vectors of any width (GNU's vector extensions).
#pragma once

#include <cstring>

#define DS2_INLINE inline __attribute__((always_inline))

namespace ds2 {

template <class V> DS2_INLINE void load(const float* from, V& to) { std::memcpy(&to, from, sizeof to); }
template <class V> DS2_INLINE void store(const V& from, float* to) { std::memcpy(to, &from, sizeof from); }

// e^x by a polynomial around the nearest power of two (Cephes' expf), to 1e-7 of it; not a number stays so.
template <class V> DS2_INLINE void exponential(V& x) {
  typedef decltype(V{} < V{}) Ints;
  const V least = V{} - 87.0f, most = V{} + 88.0f;
  x = x < least ? least : x;
  x = x > most ? most : x;
  const float magic = 12582912.0f;  // rounds to an integer, and shows it in its last bits
  const V shifted = x * 1.44269504f + magic, n = shifted - magic;
  const V r = x - n * 0.693359375f + n * 2.12194440e-4f;
  V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  Ints bits, whole;
  std::memcpy(&whole, &shifted, sizeof whole);
  std::memcpy(&bits, &p, sizeof bits);
  bits += (whole - 0x4B400000) << 23;
  V power;
  std::memcpy(&power, &bits, sizeof power);
  x = power + 0.0f * x;
}

template <class V> DS2_INLINE void sigmoid(V& x) {
  x = -x;
  exponential(x);
  x = 1.0f / (1.0f + x);
}

template <class V> DS2_INLINE void hyperbolic(V& x) {
  x = -2.0f * x;
  exponential(x);
  x = 2.0f / (1.0f + x) - 1.0f;
}

}  // namespace ds2
