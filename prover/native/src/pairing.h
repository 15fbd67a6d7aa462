// Groth16 verifications folded into one product of pairings over BN254.
//
// The pairing is the optimal ate pairing (Vercauteren, https://eprint.iacr.org/2008/096; for BN curves f_(6x+2,Q) and two more
// lines). Fq12 = Fq6[w] / (w^2 - v), Fq6 = Fq2[v] / (v^3 - ξ), ξ = 9 + i, and (x, y) of the twist stands for (w^2·x, w^3·y).
// Lines and points in homogeneous coordinates (Costello, Lange, Naehrig, https://eprint.iacr.org/2009/615; Aranha et al.,
// https://eprint.iacr.org/2010/526). Final exponentiation by the chain of Scott et al. (https://eprint.iacr.org/2008/490).
// Subgroup of G2 by the endomorphism (El Housni, Guillevic, Piellard, https://eprint.iacr.org/2022/352, section 4.3).
#pragma once

#include "curve.h"
#include "interface.h"

namespace CORE {

/** BN254's parameter x. */
static const uint64_t CURVE_PARAMETER = 0x44e992b44a6909f1u;

static inline Fq2 conjugate(const Fq2 &x) { return Fq2{x.a, x.b.negated()}; }

/** ξ·x */
static inline Fq2 timesNonResidue(const Fq2 &x) {
  Fq2 nine = x.doubled().doubled().doubled() + x;
  return Fq2{nine.a - x.b, nine.b + x.a};
}

/** a + b·v + c·v^2 */
template <class E> struct Cubic {
  E a, b, c;

  static inline Cubic zero() { return {E::zero(), E::zero(), E::zero()}; }
  static inline Cubic one() { return {E::one(), E::zero(), E::zero()}; }
  friend inline Cubic operator+(const Cubic &x, const Cubic &y) { return {x.a + y.a, x.b + y.b, x.c + y.c}; }
  friend inline Cubic operator-(const Cubic &x, const Cubic &y) { return {x.a - y.a, x.b - y.b, x.c - y.c}; }
  inline Cubic negated() const { return {a.negated(), b.negated(), c.negated()}; }
  inline Cubic timesV() const { return {timesNonResidue(c), a, b}; }
  friend Cubic operator*(const Cubic &x, const Cubic &y) {
    E aa = x.a * y.a, bb = x.b * y.b, cc = x.c * y.c;
    return {aa + timesNonResidue((x.b + x.c) * (y.b + y.c) - bb - cc),
            (x.a + x.b) * (y.a + y.b) - aa - bb + timesNonResidue(cc),
            (x.a + x.c) * (y.a + y.c) - aa - cc + bb};
  }
  inline Cubic timesElement(const E &e) const { return {a * e, b * e, c * e}; }
  /** By d + e·v. */
  Cubic timesSparse(const E &d, const E &e) const {
    E ad = a * d, be = b * e;
    return {ad + timesNonResidue(c * e), (a + b) * (d + e) - ad - be, c * d + be};
  }
  /** https://eprint.iacr.org/2010/354, algorithm 17 */
  Cubic inverted() const {
    E p = a.squared() - timesNonResidue(b * c), q = timesNonResidue(c.squared()) - a * b, r = b.squared() - a * c;
    E norm = (a * p + timesNonResidue(c * q + b * r)).inverted();
    return {p * norm, q * norm, r * norm};
  }
};

/** a + b·w */
template <class E> struct Tower {
  Cubic<E> a, b;

  static inline Tower one() { return {Cubic<E>::one(), Cubic<E>::zero()}; }
  friend Tower operator*(const Tower &x, const Tower &y) {
    Cubic<E> aa = x.a * y.a, bb = x.b * y.b;
    return {aa + bb.timesV(), (x.a + x.b) * (y.a + y.b) - aa - bb};
  }
  Tower squared() const {
    Cubic<E> ab = a * b;
    return {(a + b) * (a + b.timesV()) - ab - ab.timesV(), ab + ab};
  }
  /** By d + (e + f·v)·w, a line. */
  Tower timesLine(const E &d, const E &e, const E &f) const {
    Cubic<E> ad = a.timesElement(d), bl = b.timesSparse(e, f);
    return {ad + bl.timesV(), (a + b).timesSparse(d + e, f) - ad - bl};
  }
  /** To the power of q^6: the inverse of what has norm 1. */
  inline Tower conjugated() const { return {a, b.negated()}; }
  Tower inverted() const {
    Cubic<E> norm = (a * a - (b * b).timesV()).inverted();
    return {a * norm, (b * norm).negated()};
  }
};

typedef Tower<Fq2> Fq12;

struct PairingConstants {
  /** ξ^(i·(q-1)/6) */
  Fq2 gamma[6];
  /** Digits of 6x + 2 and of x in non-adjacent form, the least significant first. */
  int8_t loop[67], parameter[66];
  int loopLength, parameterLength;
  /** 3b of the twist's equation. */
  Fq2 threeB;
};

static inline int nonAdjacentForm(u128 value, int8_t *digits) {
  int length = 0;
  for (; value != 0; value >>= 1) {
    int8_t digit = 0;
    if (value & 1) {
      digit = (int8_t)(2 - (int)(value & 3));
      if (digit < 0) value += 1;
      else value -= 1;
    }
    digits[length++] = digit;
  }
  return length;
}

static PairingConstants makePairingConstants() {
  PairingConstants made;
  // (q - 1) / 6
  uint64_t exponent[4];
  u128 rest = 0;
  for (int i = 3; i >= 0; i--) {
    rest = rest << 64 | (FqParams::modulus[i] - (i == 0 ? 1 : 0));
    exponent[i] = (uint64_t)(rest / 6);
    rest %= 6;
  }
  Fq one = Fq::one();
  Fq2 power = Fq2::one(), xi = timesNonResidue(Fq2{one, Fq::zero()});
  for (int i = 255; i >= 0; i--) {
    power = power.squared();
    if (exponent[i / 64] >> (i % 64) & 1) power = power * xi;
  }
  made.gamma[0] = Fq2::one();
  for (int i = 1; i < 6; i++) made.gamma[i] = made.gamma[i - 1] * power;
  made.loopLength = nonAdjacentForm((u128)CURVE_PARAMETER * 6 + 2, made.loop);
  made.parameterLength = nonAdjacentForm(CURVE_PARAMETER, made.parameter);
  Fq2 b = curveConstant((const Fq2 *)0);
  made.threeB = b.doubled() + b;
  return made;
}

static const PairingConstants &pairingConstants() {
  static const PairingConstants made = makePairingConstants();
  return made;
}

/** To the power of q. */
static Fq12 frobenius(const Fq12 &x) {
  const Fq2 *gamma = pairingConstants().gamma;
  return {{conjugate(x.a.a), conjugate(x.a.b) * gamma[2], conjugate(x.a.c) * gamma[4]},
          {conjugate(x.b.a) * gamma[1], conjugate(x.b.b) * gamma[3], conjugate(x.b.c) * gamma[5]}};
}

/** What a line through points of the twist contributes at P = (x, y): d·y + (e·x + f·v)·w. */
template <class E> struct Line {
  E d, e, f;
};

/** A point of the twist on its way through the loop: x = X / Z, y = Y / Z. */
template <class E> struct Walker {
  E X, Y, Z;

  /** The tangent; then doubles. All scaled by 4 against the source, which saves halving. */
  Line<E> doubleStep(const E &threeB) {
    E a = X * Y, b = Y.squared(), e = threeB * Z.squared(), yz = Y * Z;
    E h = yz.doubled(), j = X.squared(), f = e.doubled() + e;
    Line<E> line = {h.negated(), j.doubled() + j, e - b};
    E ee = e.squared().doubled().doubled();
    X = (a * (b - f)).doubled();
    Y = (b + f).squared() - (ee.doubled() + ee);
    Z = (b * h).doubled().doubled();
    return line;
  }

  /** The line through this point and (x, y); then adds. */
  Line<E> addStep(const E &x, const E &y) {
    E o = Y - y * Z, l = X - x * Z;
    E c = o.squared(), d = l.squared(), e = l * d, f = Z * c, g = X * d;
    E h = e + f - g.doubled();
    Line<E> line = {l, o.negated(), o * x - l * y};
    Y = o * (g - h) - e * Y;
    X = l * h;
    Z = Z * e;
    return line;
  }
};

/** The two last points of the loop: π(Q) and -π^2(Q). */
template <class E> static inline void lastPoints(const E &x, const E &y, const E &gamma2, const E &gamma3, E *points) {
  points[0] = conjugate(x) * gamma2;
  points[1] = conjugate(y) * gamma3;
  // γ_3 to the power of q + 1 is -1, which the sign makes good.
  points[2] = x * (gamma2 * conjugate(gamma2));
  points[3] = y;
}

/** As many as the loop of a point has. */
static const size_t MOST_LINES = 67 + 33 + 2;

/** All lines of a fixed point. Returns how many. */
static size_t prepareLines(const Affine<Fq2> &q, Line<Fq2> *lines) {
  const PairingConstants &constants = pairingConstants();
  size_t count = 0;
  Walker<Fq2> walker = {q.x, q.y, Fq2::one()};
  for (int i = constants.loopLength - 2; i >= 0; i--) {
    lines[count++] = walker.doubleStep(constants.threeB);
    if (constants.loop[i] != 0) lines[count++] = walker.addStep(q.x, q.y.negatedIf(constants.loop[i] < 0));
  }
  Fq2 last[4];
  lastPoints(q.x, q.y, constants.gamma[2], constants.gamma[3], last);
  lines[count++] = walker.addStep(last[0], last[1]);
  lines[count++] = walker.addStep(last[2], last[3]);
  return count;
}

/** Miller's loop for `count` fixed points. */
static Fq12 millerPrepared(const Line<Fq2> *const *lines, const Affine<Fq> *points, size_t count) {
  const PairingConstants &constants = pairingConstants();
  Fq12 f = Fq12::one();
  size_t at = 0;
  auto take = [&] {
    for (size_t k = 0; k < count; k++) {
      const Line<Fq2> &line = lines[k][at];
      f = f.timesLine(line.d.timesBase(points[k].y), line.e.timesBase(points[k].x), line.f);
    }
    at++;
  };
  for (int i = constants.loopLength - 2; i >= 0; i--) {
    f = f.squared();
    take();
    if (constants.loop[i] != 0) take();
  }
  take();
  take();
  return f;
}

/** Proofs that go through the loop together: they share its squarings and an inversion. */
static const size_t GROUP_SIZE = FOLD_GROUP_SIZE;

static Fq12 miller(const Affine<Fq2> *q, const Affine<Fq> *p, size_t count) {
  const PairingConstants &constants = pairingConstants();
  Walker<Fq2> walkers[GROUP_SIZE];
  for (size_t k = 0; k < count; k++) walkers[k] = {q[k].x, q[k].y, Fq2::one()};
  Fq12 f = Fq12::one();
  auto take = [&](size_t k, const Line<Fq2> &line) {
    f = f.timesLine(line.d.timesBase(p[k].y), line.e.timesBase(p[k].x), line.f);
  };
  for (int i = constants.loopLength - 2; i >= 0; i--) {
    f = f.squared();
    for (size_t k = 0; k < count; k++) {
      take(k, walkers[k].doubleStep(constants.threeB));
      int digit = constants.loop[i];
      if (digit != 0) take(k, walkers[k].addStep(q[k].x, q[k].y.negatedIf(digit < 0)));
    }
  }
  for (size_t k = 0; k < count; k++) {
    Fq2 last[4];
    lastPoints(q[k].x, q[k].y, constants.gamma[2], constants.gamma[3], last);
    take(k, walkers[k].addStep(last[0], last[1]));
    take(k, walkers[k].addStep(last[2], last[3]));
  }
  return f;
}

/** To the power of x, of what has norm 1. */
static Fq12 powerOfParameter(const Fq12 &x) {
  const PairingConstants &constants = pairingConstants();
  Fq12 inverse = x.conjugated(), r = x;
  for (int i = constants.parameterLength - 2; i >= 0; i--) {
    r = r.squared();
    int digit = constants.parameter[i];
    if (digit != 0) r = r * (digit > 0 ? x : inverse);
  }
  return r;
}

/** Whether f to the power of (q^12 - 1) / r is 1. */
static bool isOneAfterExponentiation(const Fq12 &f) {
  Fq12 u = f.conjugated() * f.inverted();
  u = frobenius(frobenius(u)) * u;
  Fq12 x1 = powerOfParameter(u), x2 = powerOfParameter(x1), x3 = powerOfParameter(x2);
  Fq12 p1 = frobenius(u), p2 = frobenius(p1), p3 = frobenius(p2);
  Fq12 y0 = p1 * p2 * p3, y1 = u.conjugated(), y2 = frobenius(frobenius(x2)), y3 = frobenius(x1).conjugated();
  Fq12 y4 = (x1 * frobenius(x2)).conjugated(), y5 = x2.conjugated(), y6 = (x3 * frobenius(x3)).conjugated();
  // y0 · y1^2 · y2^6 · y3^12 · y4^18 · y5^30 · y6^36
  Fq12 t0 = y6.squared() * y4 * y5, t1 = y3 * y5 * t0;
  t0 = t0 * y2;
  t1 = (t1.squared() * t0).squared();
  t0 = (t1 * y1).squared();
  t1 = t1 * y0;
  Fq12 result = t0 * t1;
  auto isZero = [](const Cubic<Fq2> &c) { return c.a.isZero() && c.b.isZero() && c.c.isZero(); };
  return isZero(result.a - Cubic<Fq2>::one()) && isZero(result.b);
}

/** For a point on the curve: [x + 1]P + ψ([x]P) + ψ^2([x]P) = ψ^3([2x]P). */
static bool isInSubgroup(const Affine<Fq2> &p) {
  const PairingConstants &constants = pairingConstants();
  auto psi = [&](const Jacobian<Fq2> &q) {
    return Jacobian<Fq2>{conjugate(q.X) * constants.gamma[2], conjugate(q.Y) * constants.gamma[3], conjugate(q.Z)};
  };
  Jacobian<Fq2> x = Jacobian<Fq2>::from(p);
  for (int i = constants.parameterLength - 2; i >= 0; i--) {
    x = x.doubled();
    int digit = constants.parameter[i];
    if (digit != 0) x = x.plus(p.negatedIf(digit < 0));
  }
  Jacobian<Fq2> one = psi(x), two = psi(one), three = psi(two).doubled();
  // The sum is the same point as `three` if their difference is infinity.
  return x.plus(p).plus(one).plus(two).plus(three.negated()).isInfinity();
}

/** Odd digits of `bits` bits, most zeros between them, of a scalar of `words` words; the least significant first. */
static int windowForm(const uint64_t *scalar, int words, int bits, int8_t *digits) {
  uint64_t w[5] = {0, 0, 0, 0, 0};
  for (int i = 0; i < words; i++) w[i] = scalar[i];
  int length = 0;
  while ((w[0] | w[1] | w[2] | w[3] | w[4]) != 0) {
    int digit = 0;
    if (w[0] & 1) {
      digit = (int)(w[0] & ((1u << bits) - 1));
      if (digit >> (bits - 1)) digit -= 1 << bits;
      uint64_t carry = 0;
      if (digit >= 0) {
        w[0] -= (uint64_t)digit;
      } else {
        carry = addWithCarry(w[0], (uint64_t)-digit, 0, &w[0]);
        for (int i = 1; i < 5; i++) carry = addWithCarry(w[i], 0, carry, &w[i]);
      }
    }
    digits[length++] = (int8_t)digit;
    for (int i = 0; i < 4; i++) w[i] = w[i] >> 1 | w[i + 1] << 63;
    w[4] >>= 1;
  }
  return length;
}

static const int MOST_DIGITS = 258;

/** Odd multiples p, 3p, 5p, … */
static void oddMultiples(const Affine<Fq> &p, Jacobian<Fq> *multiples, int count) {
  multiples[0] = Jacobian<Fq>::from(p);
  Jacobian<Fq> twice = multiples[0].doubled();
  for (int i = 1; i < count; i++) multiples[i] = multiples[i - 1].plus(twice);
}

/** Turns all to affine with one inversion, through memory for as many elements. */
static void toAffine(const Jacobian<Fq> *points, Affine<Fq> *affine, Fq *before, size_t count) {
  Fq running = Fq::one();
  for (size_t i = 0; i < count; i++) {
    before[i] = running;
    if (!points[i].isInfinity()) running = running * points[i].Z;
  }
  Fq inverse = running.inverted();
  for (size_t i = count; i-- > 0;) {
    if (points[i].isInfinity()) {
      affine[i] = Affine<Fq>::infinity();
      continue;
    }
    Fq z = inverse * before[i], zz = z.squared();
    inverse = inverse * points[i].Z;
    affine[i] = {points[i].X * zz, points[i].Y * zz * z};
  }
}

// Weights and their tables: four bits a digit and sign, three odd multiples beyond the point.
static const int WEIGHT_WORDS = 2, WEIGHT_WINDOW = 4, WEIGHT_TABLE = 4;
/** Of the key's points, made once. */
static const int KEY_WINDOW = 7, KEY_TABLE = 32;

/** A verification key in memory of its own, followed by the tables of its IC, KEY_TABLE points each. */
struct VerifyingKey {
  uint32_t publicSignals;
  Affine<Fq> alpha;
  Line<Fq2> beta[MOST_LINES], gamma[MOST_LINES], delta[MOST_LINES];

  inline Affine<Fq> *table(size_t index) { return (Affine<Fq> *)(this + 1) + index * KEY_TABLE; }
  inline const Affine<Fq> *table(size_t index) const { return (const Affine<Fq> *)(this + 1) + index * KEY_TABLE; }
};

static size_t verifyingKeyBytes(uint32_t publicSignals) {
  return sizeof(VerifyingKey) + ((size_t)publicSignals + 1) * KEY_TABLE * sizeof(Affine<Fq>);
}

/** From plain canonical coordinates; false for what is no point of G1 but the identity. */
static bool loadG1(const uint8_t *plain, Affine<Fq> &p) {
  p = Affine<Fq>::load(plain);
  if (!p.x.isReduced() || !p.y.isReduced() || p.isInfinity()) return false;
  p = {p.x.toMontgomery(), p.y.toMontgomery()};
  return isAcceptable(p);
}

/** Real parts first. On the curve only: for the subgroup see `isInSubgroup`. */
static bool loadG2(const uint8_t *plain, Affine<Fq2> &p) {
  p = Affine<Fq2>::load(plain);
  if (!p.x.isReduced() || !p.y.isReduced() || p.isInfinity()) return false;
  p.x = {p.x.a.toMontgomery(), p.x.b.toMontgomery()};
  p.y = {p.y.a.toMontgomery(), p.y.b.toMontgomery()};
  return isAcceptable(p);
}

/** `plain`: alpha, beta, gamma, delta, IC. False unless all are points of their groups and not the identity. */
static bool fillVerifyingKey(uint32_t publicSignals, const uint8_t *plain, void *memory) {
  VerifyingKey *key = (VerifyingKey *)memory;
  key->publicSignals = publicSignals;
  if (!loadG1(plain, key->alpha)) return false;
  Line<Fq2> *lines[3] = {key->beta, key->gamma, key->delta};
  for (int i = 0; i < 3; i++) {
    Affine<Fq2> point;
    if (!loadG2(plain + 64 + 128 * i, point) || !isInSubgroup(point)) return false;
    prepareLines(point, lines[i]);
  }
  for (uint32_t i = 0; i <= publicSignals; i++) {
    Affine<Fq> point;
    if (!loadG1(plain + 448 + 64 * (size_t)i, point)) return false;
    Jacobian<Fq> multiples[KEY_TABLE];
    Fq before[KEY_TABLE];
    oddMultiples(point, multiples, KEY_TABLE);
    toAffine(multiples, key->table(i), before, KEY_TABLE);
  }
  return true;
}

/** Whether A and C are points of G1, B is one of G2, and none the identity. Proofs of 256 bytes, as in NativeProver. */
static void checkProofs(const uint8_t *proofs, size_t count, uint8_t *isGood) {
  for (size_t i = 0; i < count; i++) {
    Affine<Fq> a, c;
    Affine<Fq2> b;
    const uint8_t *proof = proofs + 256 * i;
    isGood[i] = loadG1(proof, a) && loadG1(proof + 192, c) && loadG2(proof + 64, b) && isInSubgroup(b);
  }
}

/** What a group of proofs under one key leaves: the product of its Miller loops and its sum of weight·C. */
struct FoldPart {
  Fq12 product;
  Jacobian<Fq> sum;
};
static_assert(sizeof(FoldPart) <= FOLD_PART_BYTES, "the interface's room for a part of a fold");

/** Up to GROUP_SIZE proofs that `checkProofs` has passed; weights of 16 bytes. */
static void foldGroup(const uint8_t *const *proofs, const uint8_t *const *weights, size_t count, void *result) {
  Jacobian<Fq> weighted[GROUP_SIZE] = {}, tables[GROUP_SIZE][WEIGHT_TABLE];
  int8_t digits[GROUP_SIZE][MOST_DIGITS];
  int lengths[GROUP_SIZE], longest = 0;
  Affine<Fq2> b[GROUP_SIZE];
  for (size_t k = 0; k < count; k++) {
    Affine<Fq> a, c;
    loadG1(proofs[k], a);
    loadG2(proofs[k] + 64, b[k]);
    loadG1(proofs[k] + 192, c);
    uint64_t weight[WEIGHT_WORDS];
    memcpy(weight, weights[k], sizeof(weight));
    lengths[k] = windowForm(weight, WEIGHT_WORDS, WEIGHT_WINDOW, digits[k]);
    if (lengths[k] > longest) longest = lengths[k];
    oddMultiples(a, tables[k], WEIGHT_TABLE);
    Jacobian<Fq> r = Jacobian<Fq>::infinity();
    for (int i = lengths[k] - 1; i >= 0; i--) {
      r = r.doubled();
      int digit = digits[k][i];
      if (digit > 0) r = r.plus(tables[k][digit / 2]);
      if (digit < 0) r = r.plus(tables[k][-digit / 2].negated());
    }
    weighted[k] = r;
    oddMultiples(c, tables[k], WEIGHT_TABLE);
  }
  FoldPart *part = (FoldPart *)result;
  // All weight·C share their doublings.
  Jacobian<Fq> sum = Jacobian<Fq>::infinity();
  for (int i = longest - 1; i >= 0; i--) {
    sum = sum.doubled();
    for (size_t k = 0; k < count; k++) {
      int digit = i < lengths[k] ? digits[k][i] : 0;
      if (digit > 0) sum = sum.plus(tables[k][digit / 2]);
      if (digit < 0) sum = sum.plus(tables[k][-digit / 2].negated());
    }
  }
  part->sum = sum;
  Affine<Fq> a[GROUP_SIZE];
  Fq before[GROUP_SIZE];
  toAffine(weighted, a, before, count);
  size_t left = 0;
  for (size_t k = 0; k < count; k++) {
    // Only a weight of 0 gives infinity; it contributes nothing.
    if (a[k].isInfinity()) continue;
    a[left] = a[k];
    b[left++] = b[k];
  }
  part->product = miller(b, a, left);
}

/** Those of the points that are not infinity, which contribute nothing. */
static Fq12 millerOfSome(const Line<Fq2> *const *lines, const Affine<Fq> *points, size_t count) {
  const Line<Fq2> *someLines[2];
  Affine<Fq> some[2];
  size_t left = 0;
  for (size_t k = 0; k < count; k++) {
    if (points[k].isInfinity()) continue;
    someLines[left] = lines[k];
    some[left++] = points[k];
  }
  return millerPrepared(someLines, some, left);
}

/** The part of alpha, beta and of IC(signals), gamma: `scalars` are Σ weight, then Σ weight·signal each, plain. */
static void foldSignals(const void *memory, const uint8_t *scalars, void *result) {
  const VerifyingKey *key = (const VerifyingKey *)memory;
  uint64_t total[4];
  memcpy(total, scalars, 32);
  Affine<Fq> points[2] = {Jacobian<Fq>::from(key->alpha).times(total).negated().toAffine(), Affine<Fq>::infinity()};

  // A few at a time share their doublings: more would need more memory than the stack should give.
  const size_t TOGETHER = 32;
  Jacobian<Fq> sum = Jacobian<Fq>::infinity();
  for (size_t from = 0; from <= key->publicSignals; from += TOGETHER) {
    size_t here = key->publicSignals + 1 - from < TOGETHER ? key->publicSignals + 1 - from : TOGETHER;
    int8_t digits[TOGETHER][MOST_DIGITS];
    int lengths[TOGETHER], longest = 0;
    for (size_t k = 0; k < here; k++) {
      uint64_t scalar[4];
      memcpy(scalar, scalars + 32 * (from + k), 32);
      lengths[k] = windowForm(scalar, 4, KEY_WINDOW, digits[k]);
      if (lengths[k] > longest) longest = lengths[k];
    }
    Jacobian<Fq> part = Jacobian<Fq>::infinity();
    for (int i = longest - 1; i >= 0; i--) {
      part = part.doubled();
      for (size_t k = 0; k < here; k++) {
        int digit = i < lengths[k] ? digits[k][i] : 0;
        if (digit != 0) part = part.plus(key->table(from + k)[(digit < 0 ? -digit : digit) / 2].negatedIf(digit < 0));
      }
    }
    sum = sum.plus(part);
  }
  points[1] = sum.negated().toAffine();
  const Line<Fq2> *lines[2] = {key->beta, key->gamma};
  FoldPart *part = (FoldPart *)result;
  part->product = millerOfSome(lines, points, 2);
  part->sum = Jacobian<Fq>::infinity();
}

/** part.product ·= e(-part.sum, delta), but for the final exponentiation. */
static void foldDelta(const void *memory, void *result) {
  const VerifyingKey *key = (const VerifyingKey *)memory;
  FoldPart *part = (FoldPart *)result;
  Affine<Fq> point = part->sum.negated().toAffine();
  const Line<Fq2> *lines[1] = {key->delta};
  part->product = part->product * millerOfSome(lines, &point, 1);
}

/** Joins what another group of the same key has left, or of another key once delta is in. */
static void joinParts(void *result, const void *other) {
  FoldPart *part = (FoldPart *)result;
  const FoldPart *more = (const FoldPart *)other;
  part->product = part->product * more->product;
  part->sum = part->sum.plus(more->sum);
}

static bool isFoldTrue(const void *result) { return isOneAfterExponentiation(((const FoldPart *)result)->product); }

/**
 * For items under one key, Σ weight and Σ weight·signal for each signal, plain. Weights of 16 bytes, signals canonical.
 */
static void sumSignals(const uint8_t *const *weights, const uint8_t *const *signals, size_t items, size_t count,
                       uint8_t *sums) {
  for (size_t j = 0; j <= count; j++) {
    Fr sum = Fr::zero();
    for (size_t k = 0; k < items; k++) {
      Fr weight = Fr::zero();
      memcpy(weight.w, weights[k], 16);
      // One of two factors in Montgomery form: the product is plain.
      sum = sum + (j == 0 ? weight : weight.toMontgomery() * Fr::load(signals[k] + 32 * (j - 1)));
    }
    sum.store(sums + 32 * j);
  }
}

} // namespace CORE
