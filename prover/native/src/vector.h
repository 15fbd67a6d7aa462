// Eight base field elements at once with AVX-512 IFMA: five limbs of 52 bits each.
//
// A multiplication here divides by 2^260, while keys and the scalar code keep values times 2^256. No value is
// converted: the factor of 16 that each multiplication is off by is made up for in the shared inverse and in one
// shift by two bits (see VectorAdder::add).
//
// Bounds, in multiples of the modulus p = 0.0118 · 2^260: a product of factors below a·p and b·p comes out
// below (1 + 0.0118·a·b)·p, so below 2p whenever a·b ≤ 84. Limbs of factors must lie in [0, 2^52): `carry` sees to it.
#pragma once

#include "msm.h"

namespace CORE {

struct Lanes {
  __m512i l[5];
};

static const uint64_t LIMB = ((uint64_t)1 << 52) - 1;

/** Limbs of k·p, each below 2^52 + what the top one takes. */
static inline __m512i limbOfMultiple(int k, int limb) {
  // 52-bit limbs of p.
  static const uint64_t p[5] = {0x08c16d87cfd47u, 0x916871ca8d3c2u, 0x181585d97816au, 0xa029b85045b68u, 0x030644e72e131u};
  return _mm512_set1_epi64((long long)(p[limb] * (uint64_t)k));
}

/** Makes limbs 0 to 3 lie in [0, 2^52); the sign stays in the top one. */
static inline void carry(Lanes &a) {
  const __m512i mask = _mm512_set1_epi64((long long)LIMB);
  for (int i = 0; i < 4; i++) {
    a.l[i + 1] = _mm512_add_epi64(a.l[i + 1], _mm512_srai_epi64(a.l[i], 52));
    a.l[i] = _mm512_and_si512(a.l[i], mask);
  }
}

/** a - b + k·p */
template <int k> static inline Lanes subtract(const Lanes &a, const Lanes &b) {
  Lanes r;
  for (int i = 0; i < 5; i++) {
    r.l[i] = _mm512_add_epi64(_mm512_sub_epi64(a.l[i], b.l[i]), limbOfMultiple(k, i));
  }
  carry(r);
  return r;
}

/** Adds 2p where negative. */
static inline void addWhereNegative(Lanes &a) {
  __mmask8 negative = _mm512_movepi64_mask(a.l[4]);
  for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_add_epi64(a.l[i], negative, a.l[i], limbOfMultiple(2, i));
  carry(a);
}

/** Columns of products before reduction. */
struct Columns {
  __m512i z[10];
};

static inline void clear(Columns &c) {
  for (int i = 0; i < 10; i++) c.z[i] = _mm512_setzero_si512();
}

static inline __attribute__((always_inline)) void addProduct(Columns &c, const Lanes &a, const Lanes &b) {
#pragma GCC unroll 5
  for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
      c.z[i + j] = _mm512_madd52lo_epu64(c.z[i + j], a.l[i], b.l[j]);
      c.z[i + j + 1] = _mm512_madd52hi_epu64(c.z[i + j + 1], a.l[i], b.l[j]);
    }
  }
}

/** Divides by 2^260 modulo p. */
static inline __attribute__((always_inline)) Lanes reduce(Columns &c) {
  const __m512i inverse = _mm512_set1_epi64(0x20782e4866389ll), mask = _mm512_set1_epi64((long long)LIMB);
  const __m512i zero = _mm512_setzero_si512();
#pragma GCC unroll 5
  for (int i = 0; i < 5; i++) {
    __m512i m = _mm512_madd52lo_epu64(zero, c.z[i], inverse);
    // The multiple of p clears the low limb; what is carried is the column divided by 2^52 and rounded up.
    c.z[i + 1] = _mm512_add_epi64(c.z[i + 1], _mm512_srai_epi64(_mm512_add_epi64(c.z[i], mask), 52));
    c.z[i + 1] = _mm512_madd52hi_epu64(c.z[i + 1], m, limbOfMultiple(1, 0));
#pragma GCC unroll 4
    for (int j = 1; j < 5; j++) {
      c.z[i + j] = _mm512_madd52lo_epu64(c.z[i + j], m, limbOfMultiple(1, j));
      c.z[i + j + 1] = _mm512_madd52hi_epu64(c.z[i + j + 1], m, limbOfMultiple(1, j));
    }
  }
  Lanes r;
  for (int i = 0; i < 5; i++) r.l[i] = c.z[5 + i];
  carry(r);
  return r;
}

static inline __attribute__((always_inline)) Lanes multiply(const Lanes &a, const Lanes &b) {
  Columns c;
  clear(c);
  addProduct(c, a, b);
  return reduce(c);
}

/** Into cleared columns: each product of two different limbs once, then doubled. */
static inline __attribute__((always_inline)) void addSquare(Columns &c, const Lanes &a) {
#pragma GCC unroll 5
  for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
    for (int j = i + 1; j < 5; j++) {
      c.z[i + j] = _mm512_madd52lo_epu64(c.z[i + j], a.l[i], a.l[j]);
      c.z[i + j + 1] = _mm512_madd52hi_epu64(c.z[i + j + 1], a.l[i], a.l[j]);
    }
  }
  for (int i = 1; i < 9; i++) c.z[i] = _mm512_add_epi64(c.z[i], c.z[i]);
#pragma GCC unroll 5
  for (int i = 0; i < 5; i++) {
    c.z[2 * i] = _mm512_madd52lo_epu64(c.z[2 * i], a.l[i], a.l[i]);
    c.z[2 * i + 1] = _mm512_madd52hi_epu64(c.z[2 * i + 1], a.l[i], a.l[i]);
  }
}

static inline __attribute__((always_inline)) Lanes square(const Lanes &a) {
  Columns c;
  clear(c);
  addSquare(c, a);
  return reduce(c);
}

/** Where lane i's point is. */
struct Places {
  const uint8_t *at[8];
};

/** The 32-byte numbers at `offset` behind eight places. */
static inline Lanes gather(const Places &places, size_t offset) {
  auto load = [&](int low, int high) {
    __m512i both = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(places.at[low] + offset)));
    return _mm512_inserti64x4(both, _mm256_loadu_si256((const __m256i *)(places.at[high] + offset)), 1);
  };
  __m512i t0 = load(0, 2), t1 = load(1, 3), t2 = load(4, 6), t3 = load(5, 7);
  __m512i a0 = _mm512_unpacklo_epi64(t0, t1), a1 = _mm512_unpackhi_epi64(t0, t1);
  __m512i a2 = _mm512_unpacklo_epi64(t2, t3), a3 = _mm512_unpackhi_epi64(t2, t3);
  __m512i w0 = _mm512_shuffle_i64x2(a0, a2, 0x88), w1 = _mm512_shuffle_i64x2(a1, a3, 0x88);
  __m512i w2 = _mm512_shuffle_i64x2(a0, a2, 0xdd), w3 = _mm512_shuffle_i64x2(a1, a3, 0xdd);
  const __m512i mask = _mm512_set1_epi64((long long)LIMB);
  Lanes r;
  r.l[0] = _mm512_and_si512(w0, mask);
  r.l[1] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w0, 52), _mm512_slli_epi64(w1, 12)), mask);
  r.l[2] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w1, 40), _mm512_slli_epi64(w2, 24)), mask);
  r.l[3] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w2, 28), _mm512_slli_epi64(w3, 36)), mask);
  r.l[4] = _mm512_srli_epi64(w3, 16);
  return r;
}

/** Writes them back, `stride` bytes apart. */
static inline void scatter(const Lanes &a, uint8_t *to, size_t stride) {
  __m512i w0 = _mm512_or_si512(a.l[0], _mm512_slli_epi64(a.l[1], 52));
  __m512i w1 = _mm512_or_si512(_mm512_srli_epi64(a.l[1], 12), _mm512_slli_epi64(a.l[2], 40));
  __m512i w2 = _mm512_or_si512(_mm512_srli_epi64(a.l[2], 24), _mm512_slli_epi64(a.l[3], 28));
  __m512i w3 = _mm512_or_si512(_mm512_srli_epi64(a.l[3], 36), _mm512_slli_epi64(a.l[4], 16));
  // Lanes 0 and 1 of words 0 to 3 in turn, and so on.
  __m512i a0 = _mm512_unpacklo_epi64(w0, w1), a1 = _mm512_unpackhi_epi64(w0, w1);
  __m512i a2 = _mm512_unpacklo_epi64(w2, w3), a3 = _mm512_unpackhi_epi64(w2, w3);
  __m512i even01 = _mm512_shuffle_i64x2(a0, a2, 0x44), even23 = _mm512_shuffle_i64x2(a0, a2, 0xee);
  __m512i odd01 = _mm512_shuffle_i64x2(a1, a3, 0x44), odd23 = _mm512_shuffle_i64x2(a1, a3, 0xee);
  // even01 holds words 0, 1 of lanes 0 and 2, then words 2, 3 of the same.
  auto store = [&](__m512i four, int low, int high) {
    __m512i ordered = _mm512_shuffle_i64x2(four, four, 0xd8);
    _mm256_storeu_si256((__m256i *)(to + low * stride), _mm512_castsi512_si256(ordered));
    _mm256_storeu_si256((__m256i *)(to + high * stride), _mm512_extracti64x4_epi64(ordered, 1));
  };
  store(even01, 0, 2);
  store(even23, 4, 6);
  store(odd01, 1, 3);
  store(odd23, 5, 7);
}

/** Base field. */
struct Wide1 {
  typedef Fq Scalar;
  Lanes a;

  static inline Wide1 load(const Places &places, size_t offset) { return {gather(places, offset)}; }
  inline void store(uint8_t *to, size_t stride) const { scatter(a, to, stride); }
  static inline Wide1 one() {
    // 2^260 mod p: what a multiplication leaves as it is.
    static const uint64_t words[4] = {0x45520880f6fce4b4u, 0x49890849baa989a8u, 0x85a9201d818f014au, 0x1f16424e1bb7724fu};
    Places places;
    for (int i = 0; i < 8; i++) places.at[i] = (const uint8_t *)words;
    return load(places, 0);
  }
  static inline __attribute__((always_inline)) Wide1 times(const Wide1 &x, const Wide1 &y) {
    return {multiply(x.a, y.a)};
  }
  static inline __attribute__((always_inline)) Wide1 squared(const Wide1 &x) { return {square(x.a)}; }
  /** x - y + 2p, below 4p, from numbers below 2p. */
  static inline Wide1 difference(const Wide1 &x, const Wide1 &y) { return {subtract<2>(x.a, y.a)}; }
  /** 4 · (x - y + 2p), below 16p. */
  static inline Wide1 fourfoldDifference(const Wide1 &x, const Wide1 &y) {
    Wide1 r;
    for (int i = 0; i < 5; i++) {
      __m512i limb = _mm512_add_epi64(_mm512_sub_epi64(x.a.l[i], y.a.l[i]), limbOfMultiple(2, i));
      r.a.l[i] = _mm512_slli_epi64(limb, 2);
    }
    carry(r.a);
    return r;
  }
  /** 2p - x in some lanes; limbs are left as they come, for a difference to carry. */
  inline void negateWhere(__mmask8 lanes) {
    for (int i = 0; i < 5; i++) a.l[i] = _mm512_mask_sub_epi64(a.l[i], lanes, limbOfMultiple(2, i), a.l[i]);
  }
  /** x - y, below 2p, from numbers below 2p. */
  static inline Wide1 reducedDifference(const Wide1 &x, const Wide1 &y) {
    Wide1 r;
    for (int i = 0; i < 5; i++) r.a.l[i] = _mm512_sub_epi64(x.a.l[i], y.a.l[i]);
    carry(r.a);
    addWhereNegative(r.a);
    return r;
  }
  /** x - y - z, likewise. */
  static inline Wide1 reducedDifference(const Wide1 &x, const Wide1 &y, const Wide1 &z) {
    Wide1 r;
    for (int i = 0; i < 5; i++) r.a.l[i] = _mm512_sub_epi64(_mm512_sub_epi64(x.a.l[i], y.a.l[i]), z.a.l[i]);
    carry(r.a);
    addWhereNegative(r.a);
    addWhereNegative(r.a);
    return r;
  }
};

/** The extension. */
struct Wide2 {
  typedef Fq2 Scalar;
  Wide1 a, b;

  static inline Wide2 load(const Places &places, size_t offset) {
    return {Wide1::load(places, offset), Wide1::load(places, offset + 32)};
  }
  inline void store(uint8_t *to, size_t stride) const {
    a.store(to, stride);
    b.store(to + 32, stride);
  }
  static inline Wide2 one() {
    Wide2 r = {Wide1::one(), {}};
    for (int i = 0; i < 5; i++) r.b.a.l[i] = _mm512_setzero_si512();
    return r;
  }
  /**
   * Two products in each sum before one reduction, for y below 2p and x below 16p: 2 · 16 · 2 ≤ 84.
   */
  static inline __attribute__((always_inline)) Wide2 times(const Wide2 &x, const Wide2 &y) {
    // 2p - y.b
    Lanes minus;
    for (int i = 0; i < 5; i++) minus.l[i] = _mm512_sub_epi64(limbOfMultiple(2, i), y.b.a.l[i]);
    carry(minus);
    Columns c;
    clear(c);
    addProduct(c, x.a.a, y.a.a);
    addProduct(c, x.b.a, minus);
    Wide2 r;
    r.a.a = reduce(c);
    clear(c);
    addProduct(c, x.a.a, y.b.a);
    addProduct(c, x.b.a, y.a.a);
    r.b.a = reduce(c);
    return r;
  }
  /** (a + b)(a - b) and 2ab, for parts below 2p. */
  static inline __attribute__((always_inline)) Wide2 squared(const Wide2 &x) {
    Lanes sum, twice;
    for (int i = 0; i < 5; i++) {
      sum.l[i] = _mm512_add_epi64(x.a.a.l[i], x.b.a.l[i]);
      twice.l[i] = _mm512_add_epi64(x.a.a.l[i], x.a.a.l[i]);
    }
    carry(sum);
    carry(twice);
    return {{multiply(sum, subtract<2>(x.a.a, x.b.a))}, {multiply(twice, x.b.a)}};
  }
  static inline Wide2 difference(const Wide2 &x, const Wide2 &y) {
    return {Wide1::difference(x.a, y.a), Wide1::difference(x.b, y.b)};
  }
  static inline Wide2 fourfoldDifference(const Wide2 &x, const Wide2 &y) {
    return {Wide1::fourfoldDifference(x.a, y.a), Wide1::fourfoldDifference(x.b, y.b)};
  }
  inline void negateWhere(__mmask8 lanes) {
    a.negateWhere(lanes);
    b.negateWhere(lanes);
  }
  static inline Wide2 reducedDifference(const Wide2 &x, const Wide2 &y) {
    return {Wide1::reducedDifference(x.a, y.a), Wide1::reducedDifference(x.b, y.b)};
  }
  static inline Wide2 reducedDifference(const Wide2 &x, const Wide2 &y, const Wide2 &z) {
    return {Wide1::reducedDifference(x.a, y.a, z.a), Wide1::reducedDifference(x.b, y.b, z.b)};
  }
};

/** Additions eight at a time. Sums are left below 2p, not reduced. */
template <class W> struct VectorAdder {
  typedef typename W::Scalar F;
  W difference[BATCH / 8], product[BATCH / 8];
  ScalarAdder<F> scalar;
  /** A sum of this summation was the point at infinity, which the formulas below do not know. */
  bool hasInfinity;

  void begin() { hasInfinity = false; }

  static inline void place(const Points<F> &points, const Pair *pairs, size_t from, size_t count, Places &p,
                           Places &q) {
    for (size_t lane = 0; lane < 8; lane++) {
      // Lanes behind the end repeat the last pair.
      const Pair &pair = pairs[from + lane < count ? from + lane : count - 1];
      p.at[lane] = points.at(pair.one);
      q.at[lane] = points.at(pair.other);
    }
  }

  void add(const Points<F> &points, const Pair *pairs, size_t count, uint8_t *sums) {
    if (hasInfinity || count < 6 || !addWide(points, pairs, count, sums)) {
      scalar.begin();
      scalar.add(points, pairs, count, sums);
      hasInfinity |= scalar.hasInfinity;
    }
  }

  /**
   * Let R = 2^256 be the factor of values in memory and d_i = δ_i·R the differences of x. A product here loses 2^260,
   * so with P_0 = 2^260 the running product P_i is (Π δ)·2^(260-4i). Taking I_n = P_n^-1 · 2^518 as integers makes
   * P_(i-1) · I_i come out as δ_i^-1 · 2^262 at every step. The slope is then Δy·R·δ^-1·2^262 / 2^260 = slope·2^258,
   * its square slope^2·2^256 as wanted, and its product with 4·(x_p - x)·R is right for y.
   *
   * False, with nothing of use written, if some difference is 0.
   */
  bool addWide(const Points<F> &points, const Pair *pairs, size_t count, uint8_t *sums) {
    size_t groups = (count + 7) / 8;
    const size_t size = sizeof(F);
    W running = W::one();
    Places p, q;
    for (size_t g = 0; g < groups; g++) {
      // A key's points lie anywhere: ask for those after the next.
      for (size_t i = 8 * (g + 2); i < 8 * (g + 3) && i < count; i++) {
        __builtin_prefetch(points.at(pairs[i].one));
        __builtin_prefetch(points.at(pairs[i].other));
      }
      place(points, pairs, 8 * g, count, p, q);
      W d = W::difference(W::load(q, 0), W::load(p, 0));
      difference[g] = d;
      product[g] = running;
      running = W::times(d, running);
    }
    W inverse;
    if (!invertLanes(running, inverse)) return false;
    for (size_t g = groups; g-- > 0;) {
      W inverseHere = W::times(product[g], inverse);
      inverse = W::times(difference[g], inverse);
      place(points, pairs, 8 * g, count, p, q);
      __mmask8 pNegative = 0, qNegative = 0;
      for (size_t lane = 0; lane < 8 && 8 * g + lane < count; lane++) {
        pNegative |= (__mmask8)((pairs[8 * g + lane].one & 1) << lane);
        qNegative |= (__mmask8)((pairs[8 * g + lane].other & 1) << lane);
      }
      W px = W::load(p, 0), py = W::load(p, size), qx = W::load(q, 0), qy = W::load(q, size);
      py.negateWhere(pNegative);
      qy.negateWhere(qNegative);
      W slope = W::times(W::difference(qy, py), inverseHere);
      W x = W::reducedDifference(W::squared(slope), px, qx);
      W y = W::reducedDifference(W::times(W::fourfoldDifference(px, x), slope), py);
      if (8 * g + 8 <= count) {
        uint8_t *to = sums + 8 * g * 2 * size;
        x.store(to, 2 * size);
        y.store(to + size, 2 * size);
      } else {
        uint8_t last[16 * sizeof(F)];
        x.store(last, 2 * size);
        y.store(last + size, 2 * size);
        memcpy(sums + 8 * g * 2 * size, last, (count - 8 * g) * 2 * size);
      }
    }
    return true;
  }

  /** Lane by lane v to v^-1 · 2^518; false if one is 0. */
  static bool invertLanes(const W &lanes, W &inverses) {
    uint8_t bytes[8 * sizeof(F)];
    lanes.store(bytes, sizeof(F));
    F values[8], before[8], running = F::one();
    for (int i = 0; i < 8; i++) {
      values[i] = F::loadLoose(bytes + i * sizeof(F));
      if (values[i].isZero()) return false;
      before[i] = running;
      running = running * values[i];
    }
    // inverted() on Montgomery forms gives v^-1 · 2^512.
    F inverse = running.inverted().timesBase(sixtyFour());
    for (int i = 7; i >= 0; i--) {
      (inverse * before[i]).store(bytes + i * sizeof(F));
      inverse = inverse * values[i];
    }
    Places places;
    for (int i = 0; i < 8; i++) places.at[i] = bytes + i * sizeof(F);
    inverses = W::load(places, 0);
    return true;
  }

  /** 64 in Montgomery form. */
  static inline Fq sixtyFour() {
    const uint64_t words[4] = {0x9d0709d62af99842u, 0xf7214c0419c29186u, 0xa603f5090339546du, 0x1b906c52ac7a88eau};
    return Fq::from(words);
  }
};

typedef VectorAdder<Wide1> VectorAdder1;
typedef VectorAdder<Wide2> VectorAdder2;

} // namespace CORE
