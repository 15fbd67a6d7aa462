// BN254's two prime fields and the quadratic extension, in Montgomery form with R = 2^256, four words of
// 64 bits, least significant first, always reduced. Included once by each core (see core.cpp) and put
// in a namespace of that core's own: the same template compiled for two kinds of processor must not be
// merged by the linker.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(CINNABAR_IFMA)
#include <immintrin.h>
#endif

namespace CORE {

typedef unsigned __int128 u128;

/** Four words as one operand of assembly, for the compiler to know what it reads. */
typedef uint64_t Words[4];

struct FqParams {
  static constexpr uint64_t modulus[4] = {0x3c208c16d87cfd47u, 0x97816a916871ca8du, 0xb85045b68181585du,
                                          0x30644e72e131a029u};
  /** -1 / modulus mod 2^64 */
  static constexpr uint64_t inverse = 0x87d20782e4866389u;
  static constexpr uint64_t one[4] = {0xd35d438dc58f0d9du, 0x0a78eb28f5c70b3du, 0x666ea36f7879462cu,
                                      0x0e0a77c19a07df2fu};
  /** R^2 mod modulus */
  static constexpr uint64_t square[4] = {0xf32cfc5b538afa89u, 0xb5e71911d44501fbu, 0x47ab1eff0a417ff6u,
                                         0x06d89f71cab8351fu};
};

struct FrParams {
  static constexpr uint64_t modulus[4] = {0x43e1f593f0000001u, 0x2833e84879b97091u, 0xb85045b68181585du,
                                          0x30644e72e131a029u};
  static constexpr uint64_t inverse = 0xc2e1f593efffffffu;
  static constexpr uint64_t one[4] = {0xac96341c4ffffffbu, 0x36fc76959f60cd29u, 0x666ea36f7879462eu,
                                      0x0e0a77c19a07df2fu};
  static constexpr uint64_t square[4] = {0x1bb8e645ae216da7u, 0x53fe3ab1e35c59e3u, 0x8c49833d53bb8085u,
                                         0x0216d0b17f4e44a5u};
};

/** sum = a + b + carry; returns the new carry. */
static inline uint64_t addWithCarry(uint64_t a, uint64_t b, uint64_t carry, uint64_t *sum) {
  u128 wide = (u128)a + b + carry;
  *sum = (uint64_t)wide;
  return (uint64_t)(wide >> 64);
}

/** difference = a - b - borrow; returns the new borrow. */
static inline uint64_t subWithBorrow(uint64_t a, uint64_t b, uint64_t borrow, uint64_t *difference) {
  u128 wide = (u128)a - b - borrow;
  *difference = (uint64_t)wide;
  return (uint64_t)(wide >> 64) & 1;
}

// The generic core is the same portable C++ on every kind of processor, so that tests on one speak for all.
#if defined(__x86_64__) && defined(__ADX__) && defined(__BMI2__)
#define CINNABAR_ADX 1

// One row of the product, a · b[i], added to t with two independent carry chains.
#define MULTIPLY_ROW(word)                                                                      \
  "movq 8*" #word "(%[b]), %%rdx\n\t"                                                               \
  "xorq %[lo], %[lo]\n\t"                                                                       \
  "mulxq (%[a]), %[lo], %[hi]\n\t adoxq %[lo], %[t0]\n\t adcxq %[hi], %[t1]\n\t"                  \
  "mulxq 8(%[a]), %[lo], %[hi]\n\t adoxq %[lo], %[t1]\n\t adcxq %[hi], %[t2]\n\t"                  \
  "mulxq 16(%[a]), %[lo], %[hi]\n\t adoxq %[lo], %[t2]\n\t adcxq %[hi], %[t3]\n\t"                  \
  "mulxq 24(%[a]), %[lo], %[t4]\n\t adoxq %[lo], %[t3]\n\t movq $0, %[lo]\n\t"                      \
  "adcxq %[lo], %[t4]\n\t adoxq %[lo], %[t4]\n\t"

// Adds the multiple of the modulus that clears t0, and shifts t down by a word.
#define REDUCE_ROW                                                                              \
  "movq %[inverse], %%rdx\n\t imulq %[t0], %%rdx\n\t"                                            \
  "xorq %[lo], %[lo]\n\t"                                                                       \
  "mulxq %[p], %[lo], %[hi]\n\t adcxq %[t0], %[lo]\n\t movq %[hi], %[t0]\n\t"                   \
  "adcxq %[t1], %[t0]\n\t mulxq 8+%[p], %[lo], %[t1]\n\t adoxq %[lo], %[t0]\n\t"                  \
  "adcxq %[t2], %[t1]\n\t mulxq 16+%[p], %[lo], %[t2]\n\t adoxq %[lo], %[t1]\n\t"                  \
  "adcxq %[t3], %[t2]\n\t mulxq 24+%[p], %[lo], %[t3]\n\t adoxq %[lo], %[t2]\n\t"                  \
  "movq $0, %[lo]\n\t adcxq %[lo], %[t3]\n\t adoxq %[t4], %[t3]\n\t"

template <class P> static inline void multiplyWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t t0, t1, t2, t3, t4, lo, hi;
  __asm__("movq (%[b]), %%rdx\n\t"
          "mulxq (%[a]), %[t0], %[t1]\n\t"
          "mulxq 8(%[a]), %[lo], %[t2]\n\t addq %[lo], %[t1]\n\t"
          "mulxq 16(%[a]), %[lo], %[t3]\n\t adcq %[lo], %[t2]\n\t"
          "mulxq 24(%[a]), %[lo], %[t4]\n\t adcq %[lo], %[t3]\n\t adcq $0, %[t4]\n\t"
          REDUCE_ROW MULTIPLY_ROW(1) REDUCE_ROW MULTIPLY_ROW(2) REDUCE_ROW MULTIPLY_ROW(3) REDUCE_ROW
          // Below 2 · modulus: one conditional subtraction is left.
          "movq %[t0], %[lo]\n\t movq %[t1], %[hi]\n\t movq %[t2], %%rdx\n\t movq %[t3], %[t4]\n\t"
          "subq %[p], %[t0]\n\t sbbq 8+%[p], %[t1]\n\t sbbq 16+%[p], %[t2]\n\t sbbq 24+%[p], %[t3]\n\t"
          "cmovcq %[lo], %[t0]\n\t cmovcq %[hi], %[t1]\n\t cmovcq %%rdx, %[t2]\n\t cmovcq %[t4], %[t3]"
          : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
            [lo] "=&r"(lo), [hi] "=&r"(hi)
          : [a] "r"(a), [b] "r"(b), "m"(*(const Words *)a), "m"(*(const Words *)b), [p] "m"(P::modulus),
            [inverse] "m"(P::inverse)
          : "rdx", "cc");
  r[0] = t0;
  r[1] = t1;
  r[2] = t2;
  r[3] = t3;
}
#else
#define CINNABAR_ADX 0

template <class P> static inline void reduceOnce(uint64_t *r, const uint64_t *a) {
  uint64_t d[4], borrow = 0;
  for (int i = 0; i < 4; i++) borrow = subWithBorrow(a[i], P::modulus[i], borrow, &d[i]);
  uint64_t keep = 0 - borrow;
  for (int i = 0; i < 4; i++) r[i] = (a[i] & keep) | (d[i] & ~keep);
}

/** Word by word (CIOS); the modulus leaves two bits free, so the sum never outgrows five words. */
template <class P> static inline void multiplyWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t t[5] = {0, 0, 0, 0, 0};
  for (int i = 0; i < 4; i++) {
    u128 carry = 0;
    for (int j = 0; j < 4; j++) {
      carry += (u128)a[j] * b[i] + t[j];
      t[j] = (uint64_t)carry;
      carry >>= 64;
    }
    t[4] = (uint64_t)carry;
    uint64_t m = t[0] * P::inverse;
    carry = ((u128)m * P::modulus[0] + t[0]) >> 64;
    for (int j = 1; j < 4; j++) {
      carry += (u128)m * P::modulus[j] + t[j];
      t[j - 1] = (uint64_t)carry;
      carry >>= 64;
    }
    t[3] = t[4] + (uint64_t)carry;
  }
  reduceOnce<P>(r, t);
}
#endif

#if CINNABAR_ADX
// The compiler makes poor code of carries, so these too are by hand.
template <class P> static inline void addWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t s0 = a[0], s1 = a[1], s2 = a[2], s3 = a[3], d0, d1, d2, d3;
  __asm__("addq (%[b]), %[s0]\n\t adcq 8(%[b]), %[s1]\n\t adcq 16(%[b]), %[s2]\n\t adcq 24(%[b]), %[s3]\n\t"
          "movq %[s0], %[d0]\n\t movq %[s1], %[d1]\n\t movq %[s2], %[d2]\n\t movq %[s3], %[d3]\n\t"
          "subq %[p], %[d0]\n\t sbbq 8+%[p], %[d1]\n\t sbbq 16+%[p], %[d2]\n\t sbbq 24+%[p], %[d3]\n\t"
          "cmovncq %[d0], %[s0]\n\t cmovncq %[d1], %[s1]\n\t cmovncq %[d2], %[s2]\n\t cmovncq %[d3], %[s3]"
          : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [d0] "=&r"(d0), [d1] "=&r"(d1),
            [d2] "=&r"(d2), [d3] "=&r"(d3)
          : [b] "r"(b), "m"(*(const Words *)b), [p] "m"(P::modulus)
          : "cc");
  r[0] = s0;
  r[1] = s1;
  r[2] = s2;
  r[3] = s3;
}

template <class P> static inline void subWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t s0 = a[0], s1 = a[1], s2 = a[2], s3 = a[3], d0, d1, d2, d3;
  __asm__("subq (%[b]), %[s0]\n\t sbbq 8(%[b]), %[s1]\n\t sbbq 16(%[b]), %[s2]\n\t sbbq 24(%[b]), %[s3]\n\t"
          "sbbq %[d0], %[d0]\n\t movq %[d0], %[d1]\n\t movq %[d0], %[d2]\n\t movq %[d0], %[d3]\n\t"
          "andq %[p], %[d0]\n\t andq 8+%[p], %[d1]\n\t andq 16+%[p], %[d2]\n\t andq 24+%[p], %[d3]\n\t"
          "addq %[d0], %[s0]\n\t adcq %[d1], %[s1]\n\t adcq %[d2], %[s2]\n\t adcq %[d3], %[s3]"
          : [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [d0] "=&r"(d0), [d1] "=&r"(d1),
            [d2] "=&r"(d2), [d3] "=&r"(d3)
          : [b] "r"(b), "m"(*(const Words *)b), [p] "m"(P::modulus)
          : "cc");
  r[0] = s0;
  r[1] = s1;
  r[2] = s2;
  r[3] = s3;
}
#else
template <class P> static inline void addWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t s[4], carry = 0;
  for (int i = 0; i < 4; i++) carry = addWithCarry(a[i], b[i], carry, &s[i]);
  reduceOnce<P>(r, s);
}

template <class P> static inline void subWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t d[4], borrow = 0, carry = 0;
  for (int i = 0; i < 4; i++) borrow = subWithBorrow(a[i], b[i], borrow, &d[i]);
  uint64_t mask = 0 - borrow;
  for (int i = 0; i < 4; i++) carry = addWithCarry(d[i], P::modulus[i] & mask, carry, &r[i]);
}
#endif

template <class P> struct Fp {
  typedef P Params;
  uint64_t w[4];

  static inline Fp zero() { return Fp{{0, 0, 0, 0}}; }
  static inline Fp one() { return from(P::one); }
  static inline Fp from(const uint64_t *words) { return Fp{{words[0], words[1], words[2], words[3]}}; }
  static inline Fp load(const uint8_t *bytes) {
    Fp a;
    memcpy(a.w, bytes, 32);
    return a;
  }
  /** Of a number below 4 · modulus. */
  static Fp loadLoose(const uint8_t *bytes) {
    Fp a = load(bytes), d;
    for (int round = 0; round < 3; round++) {
      uint64_t borrow = 0;
      for (int i = 0; i < 4; i++) borrow = subWithBorrow(a.w[i], P::modulus[i], borrow, &d.w[i]);
      if (borrow) break;
      a = d;
    }
    return a;
  }
  inline void store(uint8_t *bytes) const { memcpy(bytes, w, 32); }

  inline bool isZero() const { return (w[0] | w[1] | w[2] | w[3]) == 0; }
  inline bool equals(const Fp &o) const {
    return ((w[0] ^ o.w[0]) | (w[1] ^ o.w[1]) | (w[2] ^ o.w[2]) | (w[3] ^ o.w[3])) == 0;
  }
  /** Below the modulus. */
  inline bool isReduced() const {
    uint64_t d, borrow = 0;
    for (int i = 0; i < 4; i++) borrow = subWithBorrow(w[i], P::modulus[i], borrow, &d);
    return borrow == 1;
  }

  friend inline Fp operator+(const Fp &a, const Fp &b) {
    Fp r;
    addWords<P>(r.w, a.w, b.w);
    return r;
  }
  friend inline Fp operator-(const Fp &a, const Fp &b) {
    Fp r;
    subWords<P>(r.w, a.w, b.w);
    return r;
  }
  inline Fp negated() const { return zero() - *this; }
  inline Fp negatedIf(bool isNegative) const { return isNegative ? negated() : *this; }
  inline Fp doubled() const { return *this + *this; }
  friend inline Fp operator*(const Fp &a, const Fp &b) {
    Fp r;
    multiplyWords<P>(r.w, a.w, b.w);
    return r;
  }
  inline Fp squared() const { return *this * *this; }
  inline Fp timesBase(const Fp &factor) const { return *this * factor; }
  inline Fp toMontgomery() const { return *this * from(P::square); }
  inline Fp fromMontgomery() const { return *this * Fp{{1, 0, 0, 0}}; }

  Fp power(const uint64_t *exponent, int words) const {
    Fp r = one();
    for (int i = words * 64 - 1; i >= 0; i--) {
      r = r.squared();
      if ((exponent[i / 64] >> (i % 64)) & 1) r = r * *this;
    }
    return r;
  }

  /** In variable time; the inverse of 0 is 0. */
  Fp inverted() const;
};

typedef Fp<FqParams> Fq;
typedef Fp<FrParams> Fr;

// Inversion by division steps (Bernstein, Yang: https://eprint.iacr.org/2019/266; Wuille's start at δ = 1/2), 62 at a
// time on the low words, in variable time.

/** Five signed digits of 62 bits; all but the last in [0, 2^62). */
struct Digits {
  int64_t v[5];
};

static const uint64_t DIGIT = ((uint64_t)1 << 62) - 1;

static inline Digits digitsOf(const uint64_t *w) {
  return Digits{{(int64_t)(w[0] & DIGIT), (int64_t)((w[0] >> 62 | w[1] << 2) & DIGIT),
                 (int64_t)((w[1] >> 60 | w[2] << 4) & DIGIT), (int64_t)((w[2] >> 58 | w[3] << 6) & DIGIT),
                 (int64_t)(w[3] >> 56)}};
}

/** 62 steps take (f, g) to (uf + vg, qf + rg) / 2^62. */
struct Steps {
  int64_t u, v, q, r;
};

/** Returns the new -δ - 1/2. */
static inline int64_t divide62(int64_t eta, uint64_t f, uint64_t g, Steps &steps) {
  uint64_t u = 1, v = 0, q = 0, r = 1;
  int left = 62;
  for (;;) {
    int zeros = __builtin_ctzll(g | (~(uint64_t)0 << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    if (eta < 0) {
      eta = -eta;
      uint64_t t = f;
      f = g;
      g = 0 - t;
      t = u;
      u = q;
      q = 0 - t;
      t = v;
      v = r;
      r = 0 - t;
    }
    // Up to four low bits of g go at once, as many as would before the next exchange: w = -g / f modulo 2^4,
    // where f + 2·((f + 1) & 4) is 1 / f.
    int most = (int)(eta + 1 < left ? eta + 1 : left);
    uint64_t mask = (~(uint64_t)0 >> (64 - most)) & 15;
    uint64_t inverse = f + (((f + 1) & 4) << 1);
    uint64_t w = (0 - inverse * g) & mask;
    g += f * w;
    q += u * w;
    r += v * w;
  }
  steps = Steps{(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
  return eta;
}

/** f, g after the steps. */
static inline void applySteps(Digits &f, Digits &g, const Steps &s) {
  __int128 a = (__int128)s.u * f.v[0] + (__int128)s.v * g.v[0];
  __int128 b = (__int128)s.q * f.v[0] + (__int128)s.r * g.v[0];
  a >>= 62;
  b >>= 62;
  for (int i = 1; i < 5; i++) {
    int64_t fi = f.v[i], gi = g.v[i];
    a += (__int128)s.u * fi + (__int128)s.v * gi;
    b += (__int128)s.q * fi + (__int128)s.r * gi;
    f.v[i - 1] = (int64_t)((uint64_t)a & DIGIT);
    g.v[i - 1] = (int64_t)((uint64_t)b & DIGIT);
    a >>= 62;
    b >>= 62;
  }
  f.v[4] = (int64_t)a;
  g.v[4] = (int64_t)b;
}

/** The same modulo p for d, e in (-2p, p): multiples of p make the sums divisible by 2^62. */
static inline void applyStepsModulo(Digits &d, Digits &e, const Steps &s, const Digits &p, uint64_t inverse) {
  int64_t dSign = d.v[4] >> 63, eSign = e.v[4] >> 63;
  // Negative ones count as one p more, which keeps results in range.
  int64_t md = (s.u & dSign) + (s.v & eSign), me = (s.q & dSign) + (s.r & eSign);
  __int128 a = (__int128)s.u * d.v[0] + (__int128)s.v * e.v[0];
  __int128 b = (__int128)s.q * d.v[0] + (__int128)s.r * e.v[0];
  md -= (int64_t)((inverse * (uint64_t)a + (uint64_t)md) & DIGIT);
  me -= (int64_t)((inverse * (uint64_t)b + (uint64_t)me) & DIGIT);
  a += (__int128)p.v[0] * md;
  b += (__int128)p.v[0] * me;
  a >>= 62;
  b >>= 62;
  for (int i = 1; i < 5; i++) {
    int64_t di = d.v[i], ei = e.v[i];
    a += (__int128)s.u * di + (__int128)s.v * ei + (__int128)p.v[i] * md;
    b += (__int128)s.q * di + (__int128)s.r * ei + (__int128)p.v[i] * me;
    d.v[i - 1] = (int64_t)((uint64_t)a & DIGIT);
    e.v[i - 1] = (int64_t)((uint64_t)b & DIGIT);
    a >>= 62;
    b >>= 62;
  }
  d.v[4] = (int64_t)a;
  e.v[4] = (int64_t)b;
}

static inline void addDigits(Digits &a, const Digits &b, int64_t factor) {
  int64_t carry = 0;
  for (int i = 0; i < 5; i++) {
    int64_t sum = a.v[i] + factor * b.v[i] + carry;
    carry = sum >> 62;
    a.v[i] = i < 4 ? (int64_t)((uint64_t)sum & DIGIT) : sum;
  }
}

template <class P> Fp<P> Fp<P>::inverted() const {
  Digits p = digitsOf(P::modulus), f = p, g = digitsOf(w), d = {{0}}, e = {{1}};
  uint64_t inverse = (0 - P::inverse) & DIGIT;
  int64_t eta = -1;
  // 590 steps suffice for 256 bits; a number that is not reduced must not keep this going.
  for (int round = 0; round < 12; round++) {
    if ((g.v[0] | g.v[1] | g.v[2] | g.v[3] | g.v[4]) == 0) break;
    Steps steps;
    uint64_t fLow = (uint64_t)f.v[0] | (uint64_t)f.v[1] << 62, gLow = (uint64_t)g.v[0] | (uint64_t)g.v[1] << 62;
    eta = divide62(eta, fLow, gLow, steps);
    applyStepsModulo(d, e, steps, p, inverse);
    applySteps(f, g, steps);
  }
  // f = ±1 and d = ±1 / a.
  if (f.v[4] < 0) {
    Digits zero = {{0}};
    addDigits(zero, d, -1);
    d = zero;
  }
  while (d.v[4] < 0) addDigits(d, p, 1);
  const uint64_t *v = (const uint64_t *)d.v;
  Fp plain = {{v[0] | v[1] << 62, v[1] >> 2 | v[2] << 60, v[2] >> 4 | v[3] << 58, v[3] >> 6 | v[4] << 56}};
  // Up to 2p by the negation; a multiplication takes that. From 1 / a = 1 / (α·R) to R / α.
  return plain * from(P::square) * from(P::square);
}

/** Fq[i] / (i^2 + 1). */
struct Fq2 {
  typedef FqParams Params;
  Fq a, b;

  static inline Fq2 zero() { return Fq2{Fq::zero(), Fq::zero()}; }
  static inline Fq2 one() { return Fq2{Fq::one(), Fq::zero()}; }
  static inline Fq2 load(const uint8_t *bytes) { return Fq2{Fq::load(bytes), Fq::load(bytes + 32)}; }
  static Fq2 loadLoose(const uint8_t *bytes) { return Fq2{Fq::loadLoose(bytes), Fq::loadLoose(bytes + 32)}; }
  inline void store(uint8_t *bytes) const {
    a.store(bytes);
    b.store(bytes + 32);
  }
  inline Fq2 timesBase(const Fq &factor) const { return Fq2{a * factor, b * factor}; }
  inline bool isZero() const { return a.isZero() && b.isZero(); }
  inline bool equals(const Fq2 &o) const { return a.equals(o.a) && b.equals(o.b); }
  inline bool isReduced() const { return a.isReduced() && b.isReduced(); }
  friend inline Fq2 operator+(const Fq2 &x, const Fq2 &y) { return Fq2{x.a + y.a, x.b + y.b}; }
  friend inline Fq2 operator-(const Fq2 &x, const Fq2 &y) { return Fq2{x.a - y.a, x.b - y.b}; }
  friend inline Fq2 operator*(const Fq2 &x, const Fq2 &y) {
    Fq aa = x.a * y.a, bb = x.b * y.b;
    return Fq2{aa - bb, (x.a + x.b) * (y.a + y.b) - aa - bb};
  }
  inline Fq2 squared() const {
    Fq ab = a * b;
    return Fq2{(a + b) * (a - b), ab + ab};
  }
  inline Fq2 negated() const { return Fq2{a.negated(), b.negated()}; }
  inline Fq2 negatedIf(bool isNegative) const { return isNegative ? negated() : *this; }
  inline Fq2 doubled() const { return *this + *this; }
  inline Fq2 fromMontgomery() const { return Fq2{a.fromMontgomery(), b.fromMontgomery()}; }
  Fq2 inverted() const {
    Fq norm = (a.squared() + b.squared()).inverted();
    return Fq2{a * norm, (b * norm).negated()};
  }
};

} // namespace CORE
