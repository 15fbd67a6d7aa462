#include "dispatch.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

extern "C" const Core *cinnabarCoreGeneric();
#if defined(__x86_64__)
extern "C" const Core *cinnabarCoreAdx();
extern "C" const Core *cinnabarCoreIfma();
#endif

namespace cinnabar {

#if defined(__x86_64__)
namespace {

struct Features {
  bool adx = false, ifma = false;
};

Features detect() {
  Features found;
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  unsigned one[4];
  if (!__get_cpuid(1, &one[0], &one[1], &one[2], &one[3])) return found;
  found.adx = (b >> 8 & 1) && (b >> 19 & 1);
  bool hasAvx512 = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 21 & 1) && (b >> 30 & 1) && (b >> 31 & 1) && (c >> 6 & 1);
  if (!hasAvx512 || !(one[2] >> 27 & 1)) return found;
  // The operating system saves the wide registers: bits 1, 2, 5, 6 and 7 of XCR0.
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  found.ifma = found.adx && (low & 0xe6) == 0xe6;
  return found;
}

} // namespace
#endif

std::vector<const Core *> usableCores() {
  std::vector<const Core *> cores;
#if defined(__x86_64__)
  Features features = detect();
  if (features.ifma) cores.push_back(cinnabarCoreIfma());
  if (features.adx) cores.push_back(cinnabarCoreAdx());
#endif
  cores.push_back(cinnabarCoreGeneric());
  return cores;
}

const Core *coreNamed(const std::string &name) {
  for (const Core *core : usableCores()) {
    if (name.empty() || name == core->name) return core;
  }
  return nullptr;
}

} // namespace cinnabar
