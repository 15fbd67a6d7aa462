// One core: everything that computes, compiled for one kind of processor and named by the macro CORE. The build
// compiles this file once for each kind, and dispatch.cpp takes the best one that the processor can run.
#include "jubjub.h"
#include "pairing.h"
#include "poseidon.h"
#include "prove.h"
#if defined(CINNABAR_IFMA)
#include "vector.h"
#endif

#define CORE_TEXT_2(name) #name
#define CORE_TEXT(name) CORE_TEXT_2(name)

namespace CORE {

#if defined(CINNABAR_IFMA)
typedef VectorAdder1 Adder1;
typedef VectorAdder2 Adder2;
#else
typedef ScalarAdder<Fq> Adder1;
typedef ScalarAdder<Fq2> Adder2;
#endif

template <class F>
static bool checkPointsOf(const uint8_t *points, size_t from, size_t to, uint8_t *infinite) {
  for (size_t i = from; i < to; i++) {
    Affine<F> p = Affine<F>::load(points + i * Affine<F>::bytes);
    if (!isAcceptable(p)) return false;
    if (infinite) infinite[i] = p.isInfinity();
  }
  return true;
}

static bool checkPoints(Group group, const uint8_t *points, size_t from, size_t to, uint8_t *infinite) {
  return group == GROUP_1 ? checkPointsOf<Fq>(points, from, to, infinite)
                          : checkPointsOf<Fq2>(points, from, to, infinite);
}

static bool checkScalars(const uint8_t *scalars, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!Fr::load(scalars + i * 32).isReduced()) return false;
  }
  return true;
}

static Outcome prove(const ProvingKey *key, const uint8_t *witness, const uint8_t *r, const uint8_t *s,
                     const Runtime *runtime, uint8_t *proof) {
  Prover<Adder1, Adder2> prover;
  prover.key = key;
  prover.witness = witness;
  prover.runtime = runtime;
  return prover.run(r, s, proof);
}

template <class F> static int testField(const char *operation, const uint8_t *input, uint8_t *output) {
  F a = F::load(input), b = F::load(input + sizeof(F)), r;
  if (strcmp(operation, "add") == 0) r = a + b;
  else if (strcmp(operation, "sub") == 0) r = a - b;
  else if (strcmp(operation, "mul") == 0) r = a * b;
  else if (strcmp(operation, "sqr") == 0) r = a.squared();
  else if (strcmp(operation, "inv") == 0) r = a.inverted();
  else return 0;
  r.store(output);
  return (int)sizeof(F);
}

/** Adds pairs of affine points, all in one batch after another. */
template <class F, class Adder>
static int testPairs(const uint8_t *input, size_t length, uint8_t *output) {
  static Adder adder __attribute__((aligned(64)));
  static Pair pairs[BATCH];
  Points<F> points;
  points.base[0] = points.base[1] = input;
  size_t count = length / (2 * Affine<F>::bytes);
  for (size_t from = 0; from < count; from += BATCH) {
    size_t n = smaller(BATCH, count - from);
    for (size_t i = 0; i < n; i++) {
      pairs[i].one = (Reference)((2 * (from + i)) << 2);
      pairs[i].other = (Reference)((2 * (from + i) + 1) << 2);
    }
    adder.begin();
    adder.add(points, pairs, n, output + from * Affine<F>::bytes);
  }
  return (int)(count * Affine<F>::bytes);
}

static int test(const char *operation, const uint8_t *input, size_t length, uint8_t *output, size_t room) {
  if (room < length) return 0;
  if (strncmp(operation, "fq.", 3) == 0 && length == 64) return testField<Fq>(operation + 3, input, output);
  if (strncmp(operation, "fr.", 3) == 0 && length == 64) return testField<Fr>(operation + 3, input, output);
  if (strncmp(operation, "fq2.", 4) == 0 && length == 128) return testField<Fq2>(operation + 4, input, output);
  if (strcmp(operation, "g1.addPairs") == 0) return testPairs<Fq, Adder1>(input, length, output);
  if (strcmp(operation, "g2.addPairs") == 0) return testPairs<Fq2, Adder2>(input, length, output);
  return 0;
}

} // namespace CORE

extern "C" const Core *CORE_ENTRY() {
  static const Core core = {CORE_TEXT(CORE_NAME), CORE::checkPoints, CORE::checkScalars, CORE::fillTwiddles,
                            CORE::prove, CORE::poseidonTableBytes, CORE::fillPoseidonTable, CORE::hashMany,
                            CORE::multiplyPoints, CORE::isBelowSubgroupOrder, CORE::findSubgroupPoints,
                            CORE::verifyingKeyBytes, CORE::fillVerifyingKey, CORE::checkProofs, CORE::sumSignals,
                            CORE::foldGroup, CORE::foldSignals, CORE::foldDelta, CORE::joinParts, CORE::isFoldTrue,
                            CORE::test};
  return &core;
}
