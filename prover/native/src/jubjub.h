// Multiples of many points of Baby Jubjub (EIP-2494), 168700·x^2 + y^2 = 1 + 168696·x^2·y^2, one scalar for all.
//
// With s^2 = -168700 the map (x, y) -> (s·x, y) leads to -x^2 + y^2 = 1 + d·x^2·y^2, d = -168696 / 168700. -1 is a square
// and d is none, so the formulas of Hisil, Wong, Carter and Dawson (https://eprint.iacr.org/2008/522, section 3.1 and
// 3.3, extended coordinates) are complete: they hold for every pair of points on the curve, of whatever order.
//
// The scalar is secret. It becomes 64 signed digits of 4 bits; each costs four doublings and one addition of an entry that is
// chosen by masks from all of the table. No branch and no address depends on it.
#pragma once

#if defined(CINNABAR_IFMA)
#include "eight.h"
#else
#include "curve.h"
#endif
#include "interface.h"

namespace CORE {

// The loose forms of eight.h, which cost a single number nothing.
static inline Fr looseSum(const Fr &x, const Fr &y) { return x + y; }
template <int k> static inline Fr looseDifference(const Fr &x, const Fr &y) { return x - y; }

/** s, 1 / s, d and 2d, in Montgomery form. */
static inline Fr twistFactor() {
  const uint64_t w[4] = {0xe77f2cb3269fc386u, 0x2ffbbf36ea0da89fu, 0x3afc6b3516e0d90fu, 0x12bc88bf75913573u};
  return Fr::from(w);
}
static inline Fr twistFactorInverse() {
  const uint64_t w[4] = {0xe20e74d43e4fe829u, 0xa8d667e4f5a39962u, 0x406eb7865831de44u, 0x1f91608db0da6c67u};
  return Fr::from(w);
}
static inline Fr twistConstant() {
  const uint64_t w[4] = {0x5c3b8876504f718du, 0x50be2c72984346b4u, 0x4783751f59126675u, 0x305ff669a7a1c091u};
  return Fr::from(w);
}
/** Order of the subgroup, plain. */
static const uint64_t SUBGROUP_ORDER[4] = {0x677297dc392126f1u, 0xab3eedb83920ee0au, 0x370a08b6d0302b0bu, 0x060c89ce5c263405u};

/** x = X / Z, y = Y / Z, T = X·Y / Z. */
template <class F> struct EdwardsPoint {
  F X, Y, Z, T;
};

/** Prepared for additions: Y - X, Y + X, 2d·T, 2Z. Not reduced: below 4p. */
template <class F> struct EdwardsAddend {
  F minus, plus, t, z;
};

template <class F> static inline EdwardsAddend<F> prepare(const EdwardsPoint<F> &p, const F &twoD) {
  return {looseDifference<2>(p.Y, p.X), looseSum(p.Y, p.X), p.T * twoD, looseSum(p.Z, p.Z)};
}

/** dbl-2008-hwcd for a = -1, with X, Y, Z and T all negated, which is the same point. Bounds: 6p·9p at most. */
template <class F, bool withT> static inline void doubleEdwards(EdwardsPoint<F> &p) {
  F a = p.X.squared(), b = p.Y.squared(), zz = p.Z.squared();
  F h = looseSum(a, b);
  F e = looseDifference<4>(looseSum(p.X, p.Y).squared(), h);
  F g = looseDifference<2>(b, a);
  F f = looseDifference<4>(looseSum(zz, zz), g);
  p.X = e * f;
  p.Y = g * h;
  p.Z = f * g;
  if (withT) p.T = e * h;
}

/** add-2008-hwcd-3. Bounds: 4p·4p in the first products, 4p·4p after them. */
template <class F, bool withT> static inline void addEdwards(EdwardsPoint<F> &p, const EdwardsAddend<F> &q) {
  F a = looseDifference<2>(p.Y, p.X) * q.minus, b = looseSum(p.Y, p.X) * q.plus;
  F c = p.T * q.t, d = p.Z * q.z;
  F e = looseDifference<2>(b, a), f = looseDifference<2>(d, c), g = looseSum(d, c), h = looseSum(b, a);
  p.X = e * f;
  p.Y = g * h;
  p.Z = f * g;
  if (withT) p.T = e * h;
}

/** Takes `other` where `mask` is all ones; it is that or 0. */
static inline void replaceByMask(Fr &x, uint64_t mask, const Fr &other) {
  for (int i = 0; i < 4; i++) x.w[i] = (x.w[i] & ~mask) | (other.w[i] & mask);
}
#if defined(CINNABAR_IFMA)
template <class P> static inline void replaceByMask(Eight<P> &x, uint64_t mask, const Eight<P> &other) {
  x.replaceWhere((__mmask8)mask, other);
}
#endif

template <class F> static inline void replaceByMask(EdwardsAddend<F> &x, uint64_t mask, const EdwardsAddend<F> &other) {
  replaceByMask(x.minus, mask, other.minus);
  replaceByMask(x.plus, mask, other.plus);
  replaceByMask(x.t, mask, other.t);
  replaceByMask(x.z, mask, other.z);
}

static const int DIGITS = 64;

/** Digits from -8 to 8, the least significant first, of a scalar below 2^255. */
static inline void signedDigits(const uint8_t *scalar, int8_t *digits) {
  int carry = 0;
  for (int i = 0; i < DIGITS; i++) {
    int digit = ((scalar[i / 2] >> (4 * (i & 1))) & 15) + carry;
    carry = (digit + 7) >> 4;
    digits[i] = (int8_t)(digit - (carry << 4));
  }
}

/** All ones if a = b, for small numbers. */
static inline uint64_t equalMask(uint32_t a, uint32_t b) { return (uint64_t)0 - (((uint64_t)(a ^ b) - 1) >> 63); }

template <class F> static void multiplyEdwards(EdwardsPoint<F> &p, const int8_t *digits, const F &twoD) {
  EdwardsAddend<F> table[9];
  const F zero = F::zero(), one = F::one();
  EdwardsPoint<F> r = {zero, one, one, zero};
  table[0] = prepare(r, twoD);
  table[1] = prepare(p, twoD);
  for (int i = 2; i <= 8; i++) {
    addEdwards<F, true>(p, table[1]);
    table[i] = prepare(p, twoD);
  }
  for (int i = DIGITS - 1; i >= 0; i--) {
    if (i < DIGITS - 1) {
      for (int j = 0; j < 3; j++) doubleEdwards<F, false>(r);
      doubleEdwards<F, true>(r);
    }
    int sign = digits[i] >> 7;
    uint32_t size = (uint32_t)((digits[i] ^ sign) - sign);
    uint64_t isNegative = (uint64_t)(int64_t)sign;
    EdwardsAddend<F> addend = table[0];
    for (uint32_t j = 1; j <= 8; j++) replaceByMask(addend, equalMask(j, size), table[j]);
    F minus = addend.minus;
    replaceByMask(addend.minus, isNegative, addend.plus);
    replaceByMask(addend.plus, isNegative, minus);
    replaceByMask(addend.t, isNegative, addend.t.negated());
    // T is of use to the next addition only through the doubling that makes it anew.
    addEdwards<F, false>(r, addend);
  }
  p = r;
}

/** Points that share an inversion. */
static const size_t EDWARDS_BATCH = 128;

/** -x^2 + y^2 = 1 + d·x^2·y^2 */
template <class F> static inline F curveError(const F &x, const F &y, const F &d) {
  F xx = x.squared(), yy = y.squared();
  return yy - xx - F::one() - xx * yy * d;
}

/** Up to EDWARDS_BATCH points: affine, canonical numbers of 32 bytes; zeros and 0 for what is off the curve. */
static void multiplyBatch(const int8_t *digits, const uint8_t *points, size_t count, uint8_t *products, uint8_t *isValid) {
  Fr X[EDWARDS_BATCH], Y[EDWARDS_BATCH], Z[EDWARDS_BATCH];
#if defined(CINNABAR_IFMA)
  typedef Eight<FrParams> F;
  const F s = F::from(twistFactor()), d = F::from(twistConstant()), twoD = d.doubled();
  for (size_t done = 0; done < count; done += 8) {
    size_t here = count - done < 8 ? count - done : 8;
    Places places;
    for (size_t lane = 0; lane < 8; lane++) places.at[lane] = points + (done + (lane < here ? lane : here - 1)) * 64;
    __mmask8 valid = F::areReduced(places, 0) & F::areReduced(places, 32);
    EdwardsPoint<F> p;
    p.X = F::loadPlain(places, 0) * s;
    p.Y = F::loadPlain(places, 32);
    valid &= curveError(p.X, p.Y, d).areZero();
    p.X.replaceWhere((__mmask8)~valid, F::zero());
    p.Y.replaceWhere((__mmask8)~valid, F::one());
    p.Z = F::one();
    p.T = p.X * p.Y;
    multiplyEdwards(p, digits, twoD);
    uint8_t plain[3][8 * 32];
    p.X.storePlain(plain[0], 32);
    p.Y.storePlain(plain[1], 32);
    p.Z.storePlain(plain[2], 32);
    for (size_t lane = 0; lane < here; lane++) {
      isValid[done + lane] = valid >> lane & 1;
      X[done + lane] = Fr::load(plain[0] + 32 * lane);
      Y[done + lane] = Fr::load(plain[1] + 32 * lane);
      Z[done + lane] = Fr::load(plain[2] + 32 * lane);
    }
  }
#else
  const Fr s = twistFactor(), d = twistConstant(), twoD = d.doubled();
  for (size_t i = 0; i < count; i++) {
    Fr x = Fr::load(points + 64 * i), y = Fr::load(points + 64 * i + 32);
    isValid[i] = x.isReduced() && y.isReduced();
    EdwardsPoint<Fr> p = {x.toMontgomery() * s, y.toMontgomery(), Fr::one(), Fr::zero()};
    if (isValid[i]) isValid[i] = curveError(p.X, p.Y, d).isZero();
    if (!isValid[i]) p = {Fr::zero(), Fr::one(), Fr::one(), Fr::zero()};
    p.T = p.X * p.Y;
    multiplyEdwards(p, digits, twoD);
    X[i] = p.X.fromMontgomery();
    Y[i] = p.Y.fromMontgomery();
    Z[i] = p.Z.fromMontgomery();
  }
#endif
  // All plain here; a product of two numbers, one in Montgomery form, is plain. Z is never 0.
  Fr before[EDWARDS_BATCH], running = Fr::one(), sInverse = twistFactorInverse();
  for (size_t i = 0; i < count; i++) {
    Z[i] = Z[i].toMontgomery();
    before[i] = running;
    running = running * Z[i];
  }
  // By Fermat, for Z depends on the scalar and `inverted` takes a time that depends on its operand.
  const uint64_t exponent[4] = {FrParams::modulus[0] - 2, FrParams::modulus[1], FrParams::modulus[2], FrParams::modulus[3]};
  Fr inverse = running.power(exponent, 4);
  for (size_t i = count; i-- > 0;) {
    Fr here = inverse * before[i];
    inverse = inverse * Z[i];
    if (isValid[i]) {
      (X[i] * (here * sInverse)).store(products + 64 * i);
      (Y[i] * here).store(products + 64 * i + 32);
    } else {
      memset(products + 64 * i, 0, 64);
    }
  }
}

/** The scalar is below the subgroup's order. */
static void multiplyPoints(const uint8_t *scalar, const uint8_t *points, size_t count, uint8_t *products, uint8_t *isValid) {
  int8_t digits[DIGITS];
  signedDigits(scalar, digits);
  for (size_t done = 0; done < count; done += EDWARDS_BATCH) {
    size_t here = count - done < EDWARDS_BATCH ? count - done : EDWARDS_BATCH;
    multiplyBatch(digits, points + 64 * done, here, products + 64 * done, isValid + done);
  }
}

/** 1 for members of the subgroup but the identity. */
static void findSubgroupPoints(const uint8_t *points, size_t count, uint8_t *isMember) {
  uint8_t order[32], products[64 * EDWARDS_BATCH], identity[64] = {0};
  memcpy(order, SUBGROUP_ORDER, 32);
  identity[32] = 1;
  for (size_t done = 0; done < count; done += EDWARDS_BATCH) {
    size_t here = count - done < EDWARDS_BATCH ? count - done : EDWARDS_BATCH;
    multiplyPoints(order, points + 64 * done, here, products, isMember + done);
    for (size_t i = 0; i < here; i++) {
      isMember[done + i] &=
          memcmp(products + 64 * i, identity, 64) == 0 && memcmp(points + 64 * (done + i), identity, 64) != 0;
    }
  }
}

static bool isBelowSubgroupOrder(const uint8_t *scalar) {
  uint64_t w[4], d, borrow = 0;
  memcpy(w, scalar, 32);
  for (int i = 0; i < 4; i++) borrow = subWithBorrow(w[i], SUBGROUP_ORDER[i], borrow, &d);
  return borrow == 1;
}

} // namespace CORE
