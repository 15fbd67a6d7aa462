// Points of BN254's groups G1 (over Fq) and G2 (over Fq2), y^2 = x^3 + b. Formulas of the Explicit-Formulas
// Database for short Weierstrass curves with a = 0.
#pragma once

#include "fields.h"

namespace CORE {

/** The point at infinity is (0, 0), as in zkey files: it is on neither curve. */
template <class F> struct Affine {
  F x, y;
  static constexpr size_t bytes = 2 * sizeof(F);
  static inline Affine load(const uint8_t *from) { return Affine{F::load(from), F::load(from + sizeof(F))}; }
  inline void store(uint8_t *to) const {
    x.store(to);
    y.store(to + sizeof(F));
  }
  static inline Affine infinity() { return Affine{F::zero(), F::zero()}; }
  inline bool isInfinity() const { return x.isZero() && y.isZero(); }
  inline Affine negatedIf(bool isNegative) const { return Affine{x, y.negatedIf(isNegative)}; }
};

static inline Fq curveConstant(const Fq *) {
  const uint64_t three[4] = {0x7a17caa950ad28d7u, 0x1f6ac17ae15521b9u, 0x334bea4e696bd284u,
                             0x2a1f6744ce179d8eu};
  return Fq::from(three);
}

/** 3 / (9 + i) */
static inline Fq2 curveConstant(const Fq2 *) {
  const uint64_t a[4] = {0x3bf938e377b802a8u, 0x020b1b273633535du, 0x26b7edf049755260u,
                         0x2514c6324384a86du};
  const uint64_t b[4] = {0x38e7ecccd1dcff67u, 0x65f0b37d93ce0d3eu, 0xd749d0dd22ac00aau,
                         0x0141b9ce4a688d4du};
  return Fq2{Fq::from(a), Fq::from(b)};
}

/** Canonical coordinates, and on the curve or at infinity. */
template <class F> static inline bool isAcceptable(const Affine<F> &p) {
  if (!p.x.isReduced() || !p.y.isReduced()) return false;
  if (p.isInfinity()) return true;
  return p.y.squared().equals(p.x.squared() * p.x + curveConstant((const F *)0));
}

/** Jacobian: x = X / Z^2, y = Y / Z^3; Z = 0 at infinity. */
template <class F> struct Jacobian {
  F X, Y, Z;

  static inline Jacobian infinity() { return Jacobian{F::one(), F::one(), F::zero()}; }
  static inline Jacobian from(const Affine<F> &p) {
    return p.isInfinity() ? infinity() : Jacobian{p.x, p.y, F::one()};
  }
  inline bool isInfinity() const { return Z.isZero(); }

  /** dbl-2009-l */
  Jacobian doubled() const {
    if (isInfinity()) return *this;
    F A = X.squared(), B = Y.squared(), C = B.squared();
    F D = ((X + B).squared() - A - C).doubled();
    F E = A.doubled() + A;
    F X3 = E.squared() - D.doubled();
    F Y3 = E * (D - X3) - C.doubled().doubled().doubled();
    return Jacobian{X3, Y3, (Y * Z).doubled()};
  }

  /** add-2007-bl, complete by cases */
  Jacobian plus(const Jacobian &o) const {
    if (isInfinity()) return o;
    if (o.isInfinity()) return *this;
    F Z1Z1 = Z.squared(), Z2Z2 = o.Z.squared();
    F U1 = X * Z2Z2, U2 = o.X * Z1Z1;
    F S1 = Y * o.Z * Z2Z2, S2 = o.Y * Z * Z1Z1;
    if (U1.equals(U2)) return S1.equals(S2) ? doubled() : infinity();
    F H = U2 - U1, I = H.doubled().squared(), J = H * I, r = (S2 - S1).doubled(), V = U1 * I;
    F X3 = r.squared() - J - V.doubled();
    F Y3 = r * (V - X3) - (S1 * J).doubled();
    return Jacobian{X3, Y3, ((Z + o.Z).squared() - Z1Z1 - Z2Z2) * H};
  }

  /** madd-2007-bl, complete by cases */
  Jacobian plus(const Affine<F> &o) const {
    if (o.isInfinity()) return *this;
    if (isInfinity()) return from(o);
    F Z1Z1 = Z.squared(), U2 = o.x * Z1Z1, S2 = o.y * Z * Z1Z1;
    if (X.equals(U2)) return Y.equals(S2) ? doubled() : infinity();
    F H = U2 - X, HH = H.squared(), I = HH.doubled().doubled(), J = H * I;
    F r = (S2 - Y).doubled(), V = X * I;
    F X3 = r.squared() - J - V.doubled();
    F Y3 = r * (V - X3) - (Y * J).doubled();
    return Jacobian{X3, Y3, (Z + H).squared() - Z1Z1 - HH};
  }

  inline Jacobian negated() const { return Jacobian{X, Y.negated(), Z}; }

  Affine<F> toAffine() const {
    if (isInfinity()) return Affine<F>::infinity();
    F z = Z.inverted(), zz = z.squared();
    return Affine<F>{X * zz, Y * zz * z};
  }

  /** `scalar` in four plain words. */
  Jacobian times(const uint64_t *scalar) const {
    Jacobian r = infinity();
    for (int i = 255; i >= 0; i--) {
      r = r.doubled();
      if ((scalar[i / 64] >> (i % 64)) & 1) r = r.plus(*this);
    }
    return r;
  }
};

/** The sum of two affine points, whichever they are. Slow: it inverts. */
template <class F> static Affine<F> addSlowly(const Affine<F> &p, const Affine<F> &q) {
  return Jacobian<F>::from(p).plus(q).toAffine();
}

} // namespace CORE
