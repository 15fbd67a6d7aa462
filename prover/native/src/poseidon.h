// Poseidon over Fr with circomlib's constants in their optimised form (Grassi et al., "Poseidon: A New Hash Function for
// Zero-Knowledge Proof Systems", USENIX Security 2021, appendix B on sparse matrices). The constants come from
// circomlibjs at load time; none is written down here.
#pragma once

#if defined(CINNABAR_IFMA)
#include "eight.h"
#else
#include "curve.h"
#endif
#include "interface.h"

namespace CORE {

static const uint32_t FULL_ROUNDS = 8;
static const uint32_t MOST_WIDTH = 17;

/** Constants in the form of one kind of numbers: an element as C. */
template <class C> struct PoseidonConstants {
  const C *round, *mix, *preSparse, *sparse;
};

static inline size_t poseidonElements(uint32_t width, uint32_t partialRounds) {
  return (size_t)FULL_ROUNDS * width + partialRounds + 2 * (size_t)width * width +
         (size_t)partialRounds * (2 * width - 1);
}

template <class C>
static inline PoseidonConstants<C> splitConstants(const C *all, uint32_t width, uint32_t partialRounds) {
  PoseidonConstants<C> r;
  r.round = all;
  r.mix = r.round + FULL_ROUNDS * width + partialRounds;
  r.preSparse = r.mix + width * width;
  r.sparse = r.preSparse + width * width;
  return r;
}

/** One hash, or several at once, as F has lanes. A sum of products is F's own. */
template <class F> struct PoseidonState;

template <> struct PoseidonState<Fr> {
  typedef Fr Constant;
  static inline void addConstant(Fr &x, const Fr &c) { x = x + c; }
  static inline Fr dot(const Fr *x, const Fr *c, uint32_t n) {
    Fr sum = x[0] * c[0];
    for (uint32_t j = 1; j < n; j++) sum = sum + x[j] * c[j];
    return sum;
  }
  /** x += y·c */
  static inline void addProductTo(Fr &x, const Fr &y, const Fr &c) { x = x + y * c; }
};

#if defined(CINNABAR_IFMA)
/**
 * Bounds in multiples of p: an addition of a constant adds 1, a product of factors below a and b is below 1 + 0.0118·a·b, and so
 * is a sum of such products with their sum. Elements other than the first grow by about 1 in each partial round.
 * Followed through all rounds, no value of any width reaches 74 (width 14, with 70 partial rounds); 84p is what five limbs hold.
 */
template <> struct PoseidonState<Eight<FrParams>> {
  typedef Limbs Constant;
  typedef Eight<FrParams> F;
  static inline void addConstant(F &x, const Limbs &c) { x = looseSum(x, F::of(c)); }
  static inline F dot(const F *x, const Limbs *c, uint32_t n) {
    Columns columns;
    clear(columns);
    for (uint32_t j = 0; j < n; j++) addProduct(columns, x[j].a, c[j]);
    return {reduceFor<FrParams>(columns)};
  }
  /** x·R goes into the upper columns, so that one reduction does both. */
  static inline void addProductTo(F &x, const F &y, const Limbs &c) {
    Columns columns;
    clear(columns);
    for (int i = 0; i < 5; i++) columns.z[5 + i] = x.a.l[i];
    addProduct(columns, y.a, c);
    x = {reduceFor<FrParams>(columns)};
  }
};
#endif

template <class F> static inline F fifthPower(const F &x) { return x.squared().squared() * x; }

/** The permutation's first element, from `state` (the initial state, then the inputs), which is spoilt. */
template <class F>
static F permute(F *state, const typename PoseidonState<F>::Constant *all, uint32_t width, uint32_t partialRounds) {
  typedef PoseidonState<F> S;
  typedef typename S::Constant C;
  PoseidonConstants<C> constants = splitConstants(all, width, partialRounds);
  const C *round = constants.round;
  F next[MOST_WIDTH];
  for (uint32_t i = 0; i < width; i++) S::addConstant(state[i], *round++);
  auto fullRound = [&](const C *matrix) {
    for (uint32_t i = 0; i < width; i++) {
      state[i] = fifthPower(state[i]);
      S::addConstant(state[i], *round++);
    }
    for (uint32_t i = 0; i < width; i++) next[i] = S::dot(state, matrix + i * width, width);
    for (uint32_t i = 0; i < width; i++) state[i] = next[i];
  };
  for (uint32_t r = 0; r < FULL_ROUNDS / 2 - 1; r++) fullRound(constants.mix);
  fullRound(constants.preSparse);
  const C *sparse = constants.sparse;
  for (uint32_t r = 0; r < partialRounds; r++, sparse += 2 * width - 1) {
    state[0] = fifthPower(state[0]);
    S::addConstant(state[0], *round++);
    F first = S::dot(state, sparse, width);
    for (uint32_t k = 1; k < width; k++) S::addProductTo(state[k], state[0], sparse[width + k - 1]);
    state[0] = first;
  }
  for (uint32_t r = 0; r < FULL_ROUNDS / 2 - 1; r++) fullRound(constants.mix);
  for (uint32_t i = 0; i < width; i++) state[i] = fifthPower(state[i]);
  return S::dot(state, constants.mix, width);
}

/** Behind the header: Fr elements, then, with IFMA, the same as limbs. */
struct PoseidonTable {
  uint32_t width, partialRounds;
  uint64_t padding[7];
};

static size_t poseidonTableBytes(uint32_t width, uint32_t partialRounds) {
  size_t element = sizeof(Fr);
#if defined(CINNABAR_IFMA)
  element += sizeof(Limbs);
#endif
  return sizeof(PoseidonTable) + poseidonElements(width, partialRounds) * element;
}

/** False unless all constants (plain) are canonical. */
static bool fillPoseidonTable(uint32_t width, uint32_t partialRounds, const uint8_t *plain, void *memory) {
  PoseidonTable *table = (PoseidonTable *)memory;
  table->width = width;
  table->partialRounds = partialRounds;
  size_t count = poseidonElements(width, partialRounds);
  Fr *elements = (Fr *)(table + 1);
  for (size_t i = 0; i < count; i++) {
    Fr value = Fr::load(plain + 32 * i);
    if (!value.isReduced()) return false;
    elements[i] = value.toMontgomery();
#if defined(CINNABAR_IFMA)
    // value · 2^260
    Fr wide = elements[i].doubled().doubled().doubled().doubled();
    ((Limbs *)(elements + count))[i] = limbsOf(wide.w);
#endif
  }
  return true;
}

/** False when the state or an input is not canonical: then nothing of use is written. */
static bool hashMany(const void *memory, const uint8_t *initialState, const uint8_t *inputs, size_t count,
                     uint8_t *hashes) {
  const PoseidonTable *table = (const PoseidonTable *)memory;
  const uint32_t width = table->width, arity = width - 1;
  const Fr *elements = (const Fr *)(table + 1);
  Fr initial = Fr::load(initialState);
  if (!initial.isReduced()) return false;
  initial = initial.toMontgomery();
  size_t done = 0;
#if defined(CINNABAR_IFMA)
  typedef Eight<FrParams> F;
  const Limbs *limbs = (const Limbs *)(elements + poseidonElements(width, table->partialRounds));
  // Eight at once take no longer than two.
  while (count - done >= 2) {
    size_t here = count - done < 8 ? count - done : 8;
    F state[MOST_WIDTH];
    Places places;
    for (size_t lane = 0; lane < 8; lane++) {
      places.at[lane] = inputs + (done + (lane < here ? lane : here - 1)) * arity * 32;
    }
    state[0] = F::from(initial);
    for (uint32_t i = 0; i < arity; i++) {
      if (F::areReduced(places, 32 * i) != 0xff) return false;
      state[i + 1] = F::loadPlain(places, 32 * i);
    }
    F result = permute(state, limbs, width, table->partialRounds);
    if (here == 8) {
      result.storePlain(hashes + 32 * done, 32);
    } else {
      uint8_t last[8 * 32];
      result.storePlain(last, 32);
      memcpy(hashes + 32 * done, last, 32 * here);
    }
    done += here;
  }
#endif
  for (; done < count; done++) {
    Fr state[MOST_WIDTH];
    state[0] = initial;
    for (uint32_t i = 0; i < arity; i++) {
      Fr input = Fr::load(inputs + (done * arity + i) * 32);
      if (!input.isReduced()) return false;
      state[i + 1] = input.toMontgomery();
    }
    permute(state, elements, width, table->partialRounds).fromMontgomery().store(hashes + 32 * done);
  }
  return true;
}

} // namespace CORE
