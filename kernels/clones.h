// Loops that are compiled for several instruction sets, where the loader can choose among them (GNU's ifunc).
#pragma once

#if defined(__x86_64__) && defined(__GLIBC__) && (defined(__GNUC__) && !defined(__clang__) || defined(__clang__) && __clang_major__ >= 15)
#define DS2_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
// By features: "arch=haswell" would ask for the processor itself, and give all others the default.
#if __GNUC__ >= 12 && !defined(__clang__)
#define DS2_FMA_CLONES __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define DS2_FMA_CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#endif
#else
#define DS2_CLONES
#define DS2_FMA_CLONES
#endif
