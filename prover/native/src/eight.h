// Eight elements of one of the fields at once with AVX-512 IFMA, for arithmetic that starts and ends with plain
// numbers. Montgomery form with R = 2^260, five limbs of 52 bits. Values stay below 2p unless a function says
// otherwise; vector.h has the bounds: a product of factors below a·p and b·p is right while a·b ≤ 84 and comes out
// below (1 + 0.0118·a·b)·p.
#pragma once

#include "vector.h"

namespace CORE {

struct Limbs {
  uint64_t l[5];
};

/** Of a number of four words. */
static constexpr Limbs limbsOf(const uint64_t *w) {
  const uint64_t mask = ((uint64_t)1 << 52) - 1;
  return Limbs{{w[0] & mask, (w[0] >> 52 | w[1] << 12) & mask, (w[1] >> 40 | w[2] << 24) & mask,
                (w[2] >> 28 | w[3] << 36) & mask, w[3] >> 16}};
}

/** 2^exponent modulo p, for an exponent of 256 or more. */
template <class P> static constexpr Limbs powerOfTwo(int exponent) {
  uint64_t a[4] = {P::one[0], P::one[1], P::one[2], P::one[3]};
  for (int round = 256; round < exponent; round++) {
    uint64_t d[4] = {}, borrow = 0;
    for (int i = 3; i > 0; i--) a[i] = a[i] << 1 | a[i - 1] >> 63;
    a[0] <<= 1;
    for (int i = 0; i < 4; i++) {
      u128 wide = (u128)a[i] - P::modulus[i] - borrow;
      d[i] = (uint64_t)wide;
      borrow = (uint64_t)(wide >> 64) & 1;
    }
    if (borrow == 0) {
      for (int i = 0; i < 4; i++) a[i] = d[i];
    }
  }
  return limbsOf(a);
}

template <class P> struct EightParams {
  static constexpr Limbs modulus = limbsOf(P::modulus);
  static constexpr Limbs one = powerOfTwo<P>(260);
  static constexpr Limbs square = powerOfTwo<P>(520);
};

static inline Lanes broadcast(const Limbs &a) {
  Lanes r;
  for (int i = 0; i < 5; i++) r.l[i] = _mm512_set1_epi64((long long)a.l[i]);
  return r;
}

template <class P> static inline __m512i multipleOf(int k, int limb) {
  return _mm512_set1_epi64((long long)(EightParams<P>::modulus.l[limb] * (uint64_t)k));
}

static inline __attribute__((always_inline)) void addProduct(Columns &c, const Lanes &a, const Limbs &b) {
#pragma GCC unroll 5
  for (int j = 0; j < 5; j++) {
    __m512i factor = _mm512_set1_epi64((long long)b.l[j]);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
      c.z[i + j] = _mm512_madd52lo_epu64(c.z[i + j], a.l[i], factor);
      c.z[i + j + 1] = _mm512_madd52hi_epu64(c.z[i + j + 1], a.l[i], factor);
    }
  }
}

/** As `reduce` of vector.h, for either field. */
template <class P> static inline __attribute__((always_inline)) Lanes reduceFor(Columns &c) {
  const __m512i inverse = _mm512_set1_epi64((long long)(P::inverse & LIMB));
  const __m512i mask = _mm512_set1_epi64((long long)LIMB), zero = _mm512_setzero_si512();
#pragma GCC unroll 5
  for (int i = 0; i < 5; i++) {
    __m512i m = _mm512_madd52lo_epu64(zero, c.z[i], inverse);
    c.z[i + 1] = _mm512_add_epi64(c.z[i + 1], _mm512_srai_epi64(_mm512_add_epi64(c.z[i], mask), 52));
    c.z[i + 1] = _mm512_madd52hi_epu64(c.z[i + 1], m, multipleOf<P>(1, 0));
#pragma GCC unroll 4
    for (int j = 1; j < 5; j++) {
      c.z[i + j] = _mm512_madd52lo_epu64(c.z[i + j], m, multipleOf<P>(1, j));
      c.z[i + j + 1] = _mm512_madd52hi_epu64(c.z[i + j + 1], m, multipleOf<P>(1, j));
    }
  }
  Lanes r;
  for (int i = 0; i < 5; i++) r.l[i] = c.z[5 + i];
  carry(r);
  return r;
}

template <class P> struct Eight {
  typedef P Params;
  static constexpr int lanes = 8;
  Lanes a;

  static inline Eight of(const Limbs &limbs) { return {broadcast(limbs)}; }
  static inline Eight zero() { return of(Limbs{{0, 0, 0, 0, 0}}); }
  static inline Eight one() { return of(EightParams<P>::one); }
  /** The same element in each lane. */
  static Eight from(const Fp<P> &element) {
    Fp<P> plain = element.fromMontgomery();
    return of(limbsOf(plain.w)) * of(EightParams<P>::square);
  }
  static inline Eight loadPlain(const Places &places, size_t offset) {
    return Eight{gather(places, offset)} * of(EightParams<P>::square);
  }
  /** Which of the plain numbers there are below p. */
  static inline __mmask8 areReduced(const Places &places, size_t offset) {
    Lanes r = gather(places, offset);
    for (int i = 0; i < 5; i++) r.l[i] = _mm512_sub_epi64(r.l[i], multipleOf<P>(1, i));
    carry(r);
    return _mm512_movepi64_mask(r.l[4]);
  }
  /** Plain and canonical, `stride` bytes apart; of a value below 84p. */
  inline void storePlain(uint8_t *to, size_t stride) const {
    Columns c;
    clear(c);
    for (int i = 0; i < 5; i++) c.z[i] = a.l[i];
    Eight r = {reduceFor<P>(c)};
    scatter(r.canonical(), to, stride);
  }
  /** Of a value below 2p. */
  inline Lanes canonical() const {
    Lanes d = a;
    for (int i = 0; i < 5; i++) d.l[i] = _mm512_sub_epi64(d.l[i], multipleOf<P>(1, i));
    carry(d);
    __mmask8 negative = _mm512_movepi64_mask(d.l[4]);
    for (int i = 0; i < 5; i++) d.l[i] = _mm512_mask_mov_epi64(d.l[i], negative, a.l[i]);
    return d;
  }
  inline __mmask8 areZero() const {
    Lanes c = canonical();
    __m512i any = c.l[0];
    for (int i = 1; i < 5; i++) any = _mm512_or_si512(any, c.l[i]);
    return _mm512_testn_epi64_mask(any, any);
  }

  friend inline __attribute__((always_inline)) Eight operator*(const Eight &x, const Eight &y) {
    Columns c;
    clear(c);
    addProduct(c, x.a, y.a);
    return {reduceFor<P>(c)};
  }
  inline __attribute__((always_inline)) Eight squared() const {
    Columns c;
    clear(c);
    addSquare(c, a);
    return {reduceFor<P>(c)};
  }
  friend inline Eight operator+(const Eight &x, const Eight &y) {
    Eight r;
    for (int i = 0; i < 5; i++) {
      r.a.l[i] = _mm512_sub_epi64(_mm512_add_epi64(x.a.l[i], y.a.l[i]), multipleOf<P>(2, i));
    }
    carry(r.a);
    r.addTwoWhereNegative();
    return r;
  }
  friend inline Eight operator-(const Eight &x, const Eight &y) {
    Eight r;
    for (int i = 0; i < 5; i++) r.a.l[i] = _mm512_sub_epi64(x.a.l[i], y.a.l[i]);
    carry(r.a);
    r.addTwoWhereNegative();
    return r;
  }
  inline void addTwoWhereNegative() {
    __mmask8 negative = _mm512_movepi64_mask(a.l[4]);
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_add_epi64(a.l[i], negative, a.l[i], multipleOf<P>(2, i));
    carry(a);
  }
  inline Eight doubled() const { return *this + *this; }
  inline Eight negated() const { return zero() - *this; }

  /** Takes `other` in some lanes. */
  inline void replaceWhere(__mmask8 where, const Eight &other) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_mov_epi64(a.l[i], where, other.a.l[i]);
  }
};

/** x + y, not reduced: bounds add up. */
template <class P> static inline Eight<P> looseSum(const Eight<P> &x, const Eight<P> &y) {
  Eight<P> r;
  for (int i = 0; i < 5; i++) r.a.l[i] = _mm512_add_epi64(x.a.l[i], y.a.l[i]);
  carry(r.a);
  return r;
}

/** x - y + k·p for y below k·p, not reduced. */
template <int k, class P> static inline Eight<P> looseDifference(const Eight<P> &x, const Eight<P> &y) {
  Eight<P> r;
  for (int i = 0; i < 5; i++) {
    r.a.l[i] = _mm512_add_epi64(_mm512_sub_epi64(x.a.l[i], y.a.l[i]), multipleOf<P>(k, i));
  }
  carry(r.a);
  return r;
}

} // namespace CORE
