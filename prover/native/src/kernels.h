// Arithmetic in bulk: hashes, multiples of points. Memory of callers only; all lengths are the caller's to check.
#pragma once

#include "engine.h"

namespace cinnabar {

static const uint32_t MOST_HASH_INPUTS = 16;
static const uint32_t MOST_PARTIAL_ROUNDS = 256;

/** Bytes of the constants of one arity: see poseidon.h. */
size_t poseidonConstantBytes(uint32_t arity, uint32_t partialRounds);

/** Keeps the constants of one arity for `core`, for ever; the first ones count. False when they are not canonical. */
bool setPoseidonConstants(const Core *core, uint32_t arity, uint32_t partialRounds, const uint8_t *constants);
bool hasPoseidonConstants(const Core *core, uint32_t arity);

/** In this thread. False when a number is not canonical. */
bool hashHere(const Core *core, uint32_t arity, const uint8_t *state, const uint8_t *inputs, size_t count,
              uint8_t *hashes);

/** On all threads; only from a posted job. */
bool hashMany(Engine &engine, const Core *core, uint32_t arity, const uint8_t *state, const uint8_t *inputs,
              size_t count, uint8_t *hashes);
void multiplyMany(Engine &engine, const Core *core, const uint8_t *scalar, const uint8_t *points, size_t count,
                  uint8_t *products, uint8_t *isValid);
void findSubgroupPoints(Engine &engine, const Core *core, const uint8_t *points, size_t count, uint8_t *isMember);

/** A verification key, prepared for one core. */
class VerifyingKeyHandle {
public:
  /** `plain`: see interface.h. Null when a point is none of its group. */
  static std::shared_ptr<VerifyingKeyHandle> prepare(const Core *core, uint32_t publicSignals, const uint8_t *plain);
  ~VerifyingKeyHandle();
  static size_t plainBytes(uint32_t publicSignals) { return 448 + 64 * ((size_t)publicSignals + 1); }

  const Core *core = nullptr;
  uint32_t publicSignals = 0;
  void *memory = nullptr;
};

struct Fold {
  const Core *core;
  std::vector<std::shared_ptr<VerifyingKeyHandle>> keys;
  /** For each item: which key, 256 bytes of a proof, 16 of a weight, 32 of each public signal of its key. */
  std::vector<uint32_t> keyOf;
  std::vector<uint8_t> proofs, weights, signals;
  /** Points have been checked before. */
  bool isChecked;
  /** For each item whether points and signals are acceptable; others are left out of the fold. */
  std::vector<uint8_t> isGood;
  /** Whether the fold of the good ones holds. */
  bool isTrue;
};

/** On all threads; only from a posted job. */
void verifyFold(Engine &engine, Fold &fold);

} // namespace cinnabar
