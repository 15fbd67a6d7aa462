// Number-theoretic transforms for Groth16: from values at the roots of unity w^i to values at
// g · w^i, where w generates the domain of n = 2^power elements and g^2 = w.
//
// The inverse half takes values in bit-reversed order to coefficients in natural order (Gentleman–Sande);
// the forward half takes those to values on the coset in bit-reversed order (Cooley–Tukey). Neither permutes.
// In both, all butterflies of a block share one factor, and g is part of the forward factors: a block of
// the forward half at a level of m blocks works modulo x^2h - s^2 with s = g^h · w^bitrev(block).
//
// Three passes over memory: 1. the inverse's small blocks, one after the other; 2. for some columns of the matrix
// of blocks the rest of the inverse and the beginning of the forward half; 3. the forward half's small blocks.
#pragma once

#include "fields.h"
#include "interface.h"

namespace CORE {

static const uint32_t MAX_POWER = 27;
/** 2^11 elements are 64 KiB. */
static const uint32_t BLOCK_POWER = 11;
static const uint32_t COLUMNS = 32;

static inline uint32_t reverseBits(uint32_t value, uint32_t bits) {
  uint32_t r = 0;
  for (uint32_t i = 0; i < bits; i++) r |= ((value >> i) & 1) << (bits - 1 - i);
  return r;
}

/** 5^((r - 1) / 2^28), of order 2^28, squared down to order 2^power. The same root as ffjavascript's. */
static inline Fr rootOfUnity(uint32_t power) {
  const uint64_t root[4] = {0x636e735580d13d9cu, 0xa22bf3742445ffd6u, 0x56452ac01eb203d8u,
                            0x1860ef942963f9e7u};
  Fr r = Fr::from(root);
  for (uint32_t i = power; i < 28; i++) r = r.squared();
  return r;
}

/** table[i] = factor · Π roots[t] over the bits t of i, for i < 2^bits. */
static inline void fillProducts(Fr *table, Fr factor, const Fr *roots, uint32_t bits) {
  table[0] = factor;
  for (uint32_t t = 0; t < bits; t++) {
    size_t half = (size_t)1 << t;
    for (size_t i = 0; i < half; i++) table[half + i] = table[i] * roots[t];
  }
}

/** inverse[i] = w^-bitrev(i) for i < n / 2, coset[m + i] = g^h · w^bitrev(i) for i < m, 2hm = n. */
static inline void fillTwiddles(uint32_t power, uint64_t *inverse, uint64_t *coset) {
  // Bit t of a block's number stands for the root of order 2^(t + 2), whatever n is.
  Fr roots[MAX_POWER + 1], inverseRoots[MAX_POWER + 1];
  for (uint32_t t = 0; t < power; t++) {
    roots[t] = rootOfUnity(t + 2);
    inverseRoots[t] = roots[t].inverted();
  }
  ((Fr *)coset)[0] = Fr::one();
  fillProducts((Fr *)inverse, Fr::one(), inverseRoots, power > 0 ? power - 1 : 0);
  for (uint32_t level = 0; level < power; level++) {
    fillProducts((Fr *)coset + ((size_t)1 << level), roots[level], roots, level);
  }
}

/** Inverse butterflies of half-length h over one block: (u, v) to (u + v, (u - v) · factor). */
static inline void inverseButterflies(Fr *u, Fr *v, size_t count, const Fr &factor) {
  for (size_t i = 0; i < count; i++) {
    Fr a = u[i], b = v[i];
    u[i] = a + b;
    v[i] = (a - b) * factor;
  }
}

/** Forward butterflies: (u, v) to (u + v · factor, u - v · factor). */
static inline void forwardButterflies(Fr *u, Fr *v, size_t count, const Fr &factor) {
  for (size_t i = 0; i < count; i++) {
    Fr a = u[i], b = v[i] * factor;
    u[i] = a + b;
    v[i] = a - b;
  }
}

/** All of the inverse's levels within the block of 2^bits elements that starts at element block · 2^bits. */
static inline void inverseBlock(Fr *values, size_t block, uint32_t bits, const Fr *inverse) {
  size_t size = (size_t)1 << bits;
  Fr *own = values + block * size;
  for (size_t h = 1; h < size; h *= 2) {
    size_t first = block * (size / (2 * h));
    for (size_t at = 0; at < size; at += 2 * h) {
      inverseButterflies(own + at, own + at + h, h, inverse[first + at / (2 * h)]);
    }
  }
}

/** Likewise the forward half's, for n = 2^power. */
static inline void forwardBlock(Fr *values, size_t block, uint32_t bits, uint32_t power, const Fr *coset) {
  size_t size = (size_t)1 << bits;
  Fr *own = values + block * size;
  for (size_t h = size / 2; h >= 1; h /= 2) {
    const Fr *factors = coset + (((size_t)1 << power) / (2 * h)) + block * (size / (2 * h));
    for (size_t at = 0; at < size; at += 2 * h) {
      forwardButterflies(own + at, own + at + h, h, factors[at / (2 * h)]);
    }
  }
}

/** Blocks as rows of a matrix: the inverse's last and the forward half's first levels on some columns of it. */
static inline void columnLevels(Fr *values, size_t firstColumn, size_t columns, uint32_t bits, uint32_t power,
                                const Fr *inverse, const Fr *coset) {
  size_t width = (size_t)1 << bits, rows = (size_t)1 << (power - bits);
  Fr *own = values + firstColumn;
  for (size_t h = 1; h < rows; h *= 2) {
    for (size_t at = 0; at < rows; at += 2 * h) {
      for (size_t row = at; row < at + h; row++) {
        inverseButterflies(own + row * width, own + (row + h) * width, columns, inverse[at / (2 * h)]);
      }
    }
  }
  for (size_t h = rows / 2; h >= 1; h /= 2) {
    const Fr *factors = coset + rows / (2 * h);
    for (size_t at = 0; at < rows; at += 2 * h) {
      for (size_t row = at; row < at + h; row++) {
        forwardButterflies(own + row * width, own + (row + h) * width, columns, factors[at / (2 * h)]);
      }
    }
  }
}

} // namespace CORE
