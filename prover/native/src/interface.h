// What the cores and the rest share. Plain data and function pointers only: a core is compiled for one kind of
// processor, and no inline function of the standard library may be compiled in it (the linker would
// be free to use that copy on every processor).
#pragma once

#include <stddef.h>
#include <stdint.h>

/** A proving key: a mapped file that was validated, and what was derived from it at loading. */
struct ProvingKey {
  uint32_t wires;
  uint32_t publicWires;
  uint32_t power;
  uint32_t domain;
  uint32_t coefficients;
  // Points as in the file: affine, Montgomery form, little endian, at no particular alignment.
  const uint8_t *alpha1, *beta1, *delta1, *beta2, *delta2;
  const uint8_t *a, *b1, *b2, *c, *h;
  /** 44 bytes each: matrix, row, wire, value · 2^512. */
  const uint8_t *coefficient;
  /** Coefficients of matrix m's row i: order[rowStart[m][i]] to order[rowStart[m][i + 1] - 1]. */
  const uint32_t *rowStart[2];
  const uint32_t *order;
  /** One byte a point, 1 at infinity. */
  const uint8_t *aInfinite, *b1Infinite, *b2Infinite, *cInfinite, *hInfinite;
  /** Powers of roots of unity for this domain; see ntt.h. */
  const uint64_t *inverseTwiddles, *cosetTwiddles;
};

enum Phase { PHASE_EVALUATE = 0, PHASE_TRANSFORM = 1, PHASE_SORT = 2, PHASE_MULTIPLY = 3 };

/** What a job lends its core. Functions take `context` first. */
struct Runtime {
  void *context;
  uint32_t threads;
  /** Calls task(argument, index, thread) for each index below count, on all threads; returns when all are done. */
  void (*parallel)(void *context, size_t count, void (*task)(void *argument, size_t index, uint32_t thread),
                   void *argument);
  bool (*isCancelled)(void *context);
  void (*enter)(void *context, Phase phase);
  /** Memory for this job, aligned to 64 bytes, wiped and released after it; null when there is none. */
  void *(*allocate)(void *context, size_t bytes);
};

enum Outcome { OUTCOME_DONE = 0, OUTCOME_CANCELLED = 1, OUTCOME_NO_MEMORY = 2, OUTCOME_BAD_KEY = 3 };

enum Group { GROUP_1 = 1, GROUP_2 = 2 };

/** Proofs of one call of `foldGroup`, and room for what it leaves. */
static const size_t FOLD_GROUP_SIZE = 8, FOLD_PART_BYTES = 512;

/** One set of compiled functions. */
struct Core {
  const char *name;
  /** Points from..to-1: canonical and on the curve? Writes 1 to `infinite[i]` for those at infinity. */
  bool (*checkPoints)(Group group, const uint8_t *points, size_t from, size_t to, uint8_t *infinite);
  bool (*checkScalars)(const uint8_t *scalars, size_t count);
  /** Both tables of 2^power elements. */
  void (*fillTwiddles)(uint32_t power, uint64_t *inverseTwiddles, uint64_t *cosetTwiddles);
  /** `proof`: A, B, C as affine plain little-endian words, 64 + 128 + 64 bytes; (0, 1) is infinity. */
  Outcome (*prove)(const ProvingKey *key, const uint8_t *witness, const uint8_t *r, const uint8_t *s,
                   const Runtime *runtime, uint8_t *proof);
  /** Constants of one width, kept in memory of this many bytes. */
  size_t (*poseidonTableBytes)(uint32_t width, uint32_t partialRounds);
  /** From plain constants; false when one is not canonical. */
  bool (*fillPoseidonTable)(uint32_t width, uint32_t partialRounds, const uint8_t *plain, void *table);
  /** Plain numbers of 32 bytes, width - 1 inputs a hash. False when one is not canonical. */
  bool (*hashMany)(const void *table, const uint8_t *initialState, const uint8_t *inputs, size_t count, uint8_t *hashes);
  /** Points of Baby Jubjub, x and y plain, 64 bytes; `isValid` is 0 for what is off the curve. */
  void (*multiplyPoints)(const uint8_t *scalar, const uint8_t *points, size_t count, uint8_t *products, uint8_t *isValid);
  bool (*isBelowSubgroupOrder)(const uint8_t *scalar);
  void (*findSubgroupPoints)(const uint8_t *points, size_t count, uint8_t *isMember);
  // Verification, see pairing.h. Proofs of 256 bytes: A, B, C affine, plain, real parts first. Weights of 16 bytes.
  size_t (*verifyingKeyBytes)(uint32_t publicSignals);
  /** alpha, beta, gamma, delta, IC; false unless all are points of their groups and not the identity. */
  bool (*fillVerifyingKey)(uint32_t publicSignals, const uint8_t *plain, void *key);
  void (*checkProofs)(const uint8_t *proofs, size_t count, uint8_t *isGood);
  void (*sumSignals)(const uint8_t *const *weights, const uint8_t *const *signals, size_t items, size_t count,
                     uint8_t *sums);
  void (*foldGroup)(const uint8_t *const *proofs, const uint8_t *const *weights, size_t count, void *part);
  void (*foldSignals)(const void *key, const uint8_t *sums, void *part);
  void (*foldDelta)(const void *key, void *part);
  void (*joinParts)(void *part, const void *other);
  bool (*isFoldTrue)(const void *part);
  /** For tests: an operation by name. Returns how many bytes it wrote, 0 when the operands do not fit it. */
  int (*test)(const char *operation, const uint8_t *input, size_t length, uint8_t *output, size_t room);
};
