// Sixteen numbers that are computed together, and arrays of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace ds2 {

constexpr std::size_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(kLanes * sizeof(float))));

// std::vector does not keep to their alignment.
class LaneArray {
 public:
  LaneArray() = default;
  explicit LaneArray(std::size_t size) { grow(size), zero(); }
  LaneArray(LaneArray&& other) noexcept { swap(other); }
  LaneArray& operator=(LaneArray&& other) noexcept { return swap(other), *this; }
  LaneArray(const LaneArray& other) { *this = other; }
  LaneArray& operator=(const LaneArray& other) {
    grow(other.size_);
    std::copy(other.rows_, other.rows_ + other.size_, rows_);
    return *this;
  }
  ~LaneArray() { release(); }

  // Room for so many; what was there is lost where it grows, and what is there then is not set to anything.
  void grow(std::size_t size) {
    if (size <= size_) return;
    release();
    rows_ = static_cast<Lanes*>(::operator new(size * sizeof(Lanes), std::align_val_t(alignof(Lanes))));
    size_ = size;
  }
  void zero() { std::fill(rows_, rows_ + size_, Lanes{}); }
  void swap(LaneArray& other) noexcept { std::swap(rows_, other.rows_), std::swap(size_, other.size_); }
  Lanes& operator[](std::size_t i) { return rows_[i]; }
  const Lanes& operator[](std::size_t i) const { return rows_[i]; }
  Lanes* data() { return rows_; }
  const Lanes* data() const { return rows_; }

 private:
  void release() {
    ::operator delete(rows_, std::align_val_t(alignof(Lanes)));
    rows_ = nullptr, size_ = 0;
  }

  Lanes* rows_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ds2
