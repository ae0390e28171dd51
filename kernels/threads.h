// The same work on several threads, which share out among themselves what there is to do.
#pragma once

#include <cstddef>
#include <thread>
#include <vector>

namespace ds2 {

// Calls `work` on so many threads at once, this one among them, and waits for all.
template <class Work> void on_threads(std::size_t n_threads, const Work& work) {
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < n_threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& one : others) one.join();
}

}  // namespace ds2
