// BN254's two prime fields and the quadratic extension, in Montgomery form with R = 2^256, four words of
// 64 bits, least significant first, always reduced. Included once by each core (see core.cpp) and put
// in a namespace of that core's own: the same template compiled for two kinds of processor must not be
// merged by the linker.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace CORE {

typedef unsigned __int128 u128;

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

#if defined(__x86_64__) && defined(__ADX__) && defined(__BMI2__)
#define CINNABAR_ADX 1

// One row of the product, a · b[i], added to t with two independent carry chains.
#define MULTIPLY_ROW(word)                                                                      \
  "movq %[b" #word "], %%rdx\n\t"                                                               \
  "xorq %[lo], %[lo]\n\t"                                                                       \
  "mulxq %[a0], %[lo], %[hi]\n\t adoxq %[lo], %[t0]\n\t adcxq %[hi], %[t1]\n\t"                  \
  "mulxq %[a1], %[lo], %[hi]\n\t adoxq %[lo], %[t1]\n\t adcxq %[hi], %[t2]\n\t"                  \
  "mulxq %[a2], %[lo], %[hi]\n\t adoxq %[lo], %[t2]\n\t adcxq %[hi], %[t3]\n\t"                  \
  "mulxq %[a3], %[lo], %[t4]\n\t adoxq %[lo], %[t3]\n\t movq $0, %[lo]\n\t"                      \
  "adcxq %[lo], %[t4]\n\t adoxq %[lo], %[t4]\n\t"

// Adds the multiple of the modulus that clears t0, and shifts t down by a word.
#define REDUCE_ROW                                                                              \
  "movq %[inverse], %%rdx\n\t imulq %[t0], %%rdx\n\t"                                            \
  "xorq %[lo], %[lo]\n\t"                                                                       \
  "mulxq %[p0], %[lo], %[hi]\n\t adcxq %[t0], %[lo]\n\t movq %[hi], %[t0]\n\t"                   \
  "adcxq %[t1], %[t0]\n\t mulxq %[p1], %[lo], %[t1]\n\t adoxq %[lo], %[t0]\n\t"                  \
  "adcxq %[t2], %[t1]\n\t mulxq %[p2], %[lo], %[t2]\n\t adoxq %[lo], %[t1]\n\t"                  \
  "adcxq %[t3], %[t2]\n\t mulxq %[p3], %[lo], %[t3]\n\t adoxq %[lo], %[t2]\n\t"                  \
  "movq $0, %[lo]\n\t adcxq %[lo], %[t3]\n\t adoxq %[t4], %[t3]\n\t"

template <class P> static inline void multiplyWords(uint64_t *r, const uint64_t *a, const uint64_t *b) {
  uint64_t t0, t1, t2, t3, t4, lo, hi;
  __asm__("movq %[b0], %%rdx\n\t"
          "mulxq %[a0], %[t0], %[t1]\n\t"
          "mulxq %[a1], %[lo], %[t2]\n\t addq %[lo], %[t1]\n\t"
          "mulxq %[a2], %[lo], %[t3]\n\t adcq %[lo], %[t2]\n\t"
          "mulxq %[a3], %[lo], %[t4]\n\t adcq %[lo], %[t3]\n\t adcq $0, %[t4]\n\t"
          REDUCE_ROW MULTIPLY_ROW(1) REDUCE_ROW MULTIPLY_ROW(2) REDUCE_ROW MULTIPLY_ROW(3) REDUCE_ROW
          // Below 2 · modulus: one conditional subtraction is left.
          "movq %[t0], %[lo]\n\t movq %[t1], %[hi]\n\t movq %[t2], %%rdx\n\t movq %[t3], %[t4]\n\t"
          "subq %[p0], %[t0]\n\t sbbq %[p1], %[t1]\n\t sbbq %[p2], %[t2]\n\t sbbq %[p3], %[t3]\n\t"
          "cmovcq %[lo], %[t0]\n\t cmovcq %[hi], %[t1]\n\t cmovcq %%rdx, %[t2]\n\t cmovcq %[t4], %[t3]"
          : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
            [lo] "=&r"(lo), [hi] "=&r"(hi)
          : [a0] "m"(a[0]), [a1] "m"(a[1]), [a2] "m"(a[2]), [a3] "m"(a[3]), [b0] "m"(b[0]),
            [b1] "m"(b[1]), [b2] "m"(b[2]), [b3] "m"(b[3]), [p0] "m"(P::modulus[0]),
            [p1] "m"(P::modulus[1]), [p2] "m"(P::modulus[2]), [p3] "m"(P::modulus[3]),
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
    uint64_t s[4], d[4], carry = 0, borrow = 0;
    for (int i = 0; i < 4; i++) carry = addWithCarry(a.w[i], b.w[i], carry, &s[i]);
    for (int i = 0; i < 4; i++) borrow = subWithBorrow(s[i], P::modulus[i], borrow, &d[i]);
    uint64_t keep = 0 - borrow;
    Fp r;
    for (int i = 0; i < 4; i++) r.w[i] = d[i] ^ ((s[i] ^ d[i]) & keep);
    return r;
  }
  friend inline Fp operator-(const Fp &a, const Fp &b) {
    Fp r;
    uint64_t borrow = 0, carry = 0;
    for (int i = 0; i < 4; i++) borrow = subWithBorrow(a.w[i], b.w[i], borrow, &r.w[i]);
    uint64_t mask = 0 - borrow;
    for (int i = 0; i < 4; i++) carry = addWithCarry(r.w[i], P::modulus[i] & mask, carry, &r.w[i]);
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

  /** Binary extended Euclid, variable time; the inverse of 0 is 0. */
  Fp inverted() const;
};

typedef Fp<FqParams> Fq;
typedef Fp<FrParams> Fr;

static inline bool isOneWords(const uint64_t *a) { return a[0] == 1 && (a[1] | a[2] | a[3]) == 0; }

/** a /= 2^k mod modulus for the largest k that makes `u` odd, which is divided likewise. */
template <class P> static inline void halveWhileEven(uint64_t *u, uint64_t *x) {
  while ((u[0] & 1) == 0) {
    // x = (x + (x odd ? modulus : 0)) / 2; the sum stays below 2^256.
    uint64_t mask = 0 - (x[0] & 1), carry = 0;
    for (int i = 0; i < 4; i++) carry = addWithCarry(x[i], P::modulus[i] & mask, carry, &x[i]);
    for (int i = 0; i < 3; i++) {
      x[i] = (x[i] >> 1) | (x[i + 1] << 63);
      u[i] = (u[i] >> 1) | (u[i + 1] << 63);
    }
    x[3] >>= 1;
    u[3] >>= 1;
  }
}

template <class P> Fp<P> Fp<P>::inverted() const {
  if (isZero()) return zero();
  uint64_t u[4], v[4];
  memcpy(u, w, 32);
  memcpy(v, P::modulus, 32);
  // a·x = R^2·u and a·y = R^2·v throughout; R^2 / a is the inverse's Montgomery form.
  Fp x = from(P::square), y = zero();
  while (!isOneWords(u) && !isOneWords(v)) {
    halveWhileEven<P>(u, x.w);
    halveWhileEven<P>(v, y.w);
    uint64_t d[4], borrow = 0;
    for (int i = 0; i < 4; i++) borrow = subWithBorrow(u[i], v[i], borrow, &d[i]);
    if (!borrow) {
      // Only for a number that was not reduced.
      if ((d[0] | d[1] | d[2] | d[3]) == 0) return zero();
      memcpy(u, d, 32);
      x = x - y;
    } else {
      borrow = 0;
      for (int i = 0; i < 4; i++) borrow = subWithBorrow(v[i], u[i], borrow, &v[i]);
      y = y - x;
    }
  }
  return isOneWords(u) ? x : y;
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
