// Loops that are compiled for several instruction sets, where the loader can choose among them (GNU's ifunc).
#pragma once

#if defined(__x86_64__) && defined(__GLIBC__) && (defined(__GNUC__) && !defined(__clang__) || defined(__clang__) && __clang_major__ >= 15)
#define DS2_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define DS2_FMA_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define DS2_CLONES
#define DS2_FMA_CLONES
#endif
