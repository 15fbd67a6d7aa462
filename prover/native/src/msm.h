// Sums of scalar multiples of many points. For each window of the scalars' digits the points are sorted by
// digit, then every bucket is summed by a tree of affine additions whose inversions are shared.
// The buckets' weighted sum is again sums: number bucket b as row · 2^h + column, sum rows and
// columns by the same trees, and only 2 · 2^h sums are left for the slow formulas.
#pragma once

#include "curve.h"
#include "interface.h"

namespace CORE {

/** Where a point is, and whether it is taken negative: index << 2 | isTemporary << 1 | isNegative. */
typedef uint32_t Reference;
static const Reference NOWHERE = 0xffffffffu;

struct Pair {
  Reference one, other;
};

/** Additions that share one inversion. Their intermediate products stay in the second-level cache. */
static const size_t BATCH = 1024;

template <class F> struct Points {
  /** A section of the key, and this task's intermediate sums. */
  const uint8_t *base[2];
  inline const uint8_t *at(Reference r) const {
    return base[(r >> 1) & 1] + (size_t)(r >> 2) * Affine<F>::bytes;
  }
  /** Intermediate sums need not be reduced: vector code leaves them below twice the modulus. */
  inline Affine<F> load(Reference r) const {
    const uint8_t *from = at(r);
    return Affine<F>{F::loadLoose(from), F::loadLoose(from + sizeof(F))}.negatedIf(r & 1);
  }
};

/** One addition at a time, in general registers. */
template <class F> struct ScalarAdder {
  F difference[BATCH], product[BATCH];
  /** A sum was the point at infinity since `begin`. */
  bool hasInfinity;

  void begin() { hasInfinity = false; }

  /** Adds `count` pairs; the sums go to `sums`, one after the other. */
  void add(const Points<F> &points, const Pair *pairs, size_t count, uint8_t *sums) {
    F running = F::one();
    for (size_t i = 0; i < count; i++) {
      const uint8_t *p = points.at(pairs[i].one), *q = points.at(pairs[i].other);
      F px = F::loadLoose(p), qx = F::loadLoose(q), d = qx - px;
      // Equal or opposite points, or one at infinity: rare, done apart below.
      if (d.isZero() || px.isZero() || qx.isZero()) d = F::one();
      difference[i] = d;
      product[i] = running;
      running = running * d;
    }
    F inverse = running.inverted();
    for (size_t i = count; i-- > 0;) {
      Affine<F> p = points.load(pairs[i].one), q = points.load(pairs[i].other);
      F inverseHere = inverse * product[i];
      inverse = inverse * difference[i];
      if (p.x.equals(q.x) || p.x.isZero() || q.x.isZero()) {
        Affine<F> sum = addSlowly(p, q);
        hasInfinity |= sum.isInfinity();
        sum.store(sums + i * Affine<F>::bytes);
        continue;
      }
      F slope = (q.y - p.y) * inverseHere;
      F x = slope.squared() - p.x - q.x;
      F y = slope * (p.x - x) - p.y;
      Affine<F>{x, y}.store(sums + i * Affine<F>::bytes);
    }
  }
};

/** Sums of lists of references, by rounds of pairwise additions over all lists at once. */
template <class F, class Adder> struct Summation {
  Points<F> points;
  uint8_t *temporary;
  size_t used;
  Adder *adder;
  Pair *pairs;
  size_t waiting;

  void flush() {
    if (waiting == 0) return;
    adder->add(points, pairs, waiting, temporary + (used - waiting) * Affine<F>::bytes);
    waiting = 0;
  }

  /**
   * List k is references[starts[k]] to references[starts[k + 1] - 1]; sums[k] will refer to its sum,
   * NOWHERE for an empty one. Overwrites `references` and `starts`.
   */
  void sumLists(Reference *references, uint32_t *starts, size_t lists, Reference *sums, uint32_t *active) {
    size_t left = 0;
    for (size_t k = 0; k < lists; k++) {
      uint32_t length = starts[k + 1] - starts[k];
      if (length > 1) {
        active[3 * left] = (uint32_t)k;
        active[3 * left + 1] = starts[k];
        active[3 * left + 2] = length;
        left++;
      } else {
        sums[k] = length == 1 ? references[starts[k]] : NOWHERE;
      }
    }
    while (left > 0) {
      size_t still = 0;
      for (size_t k = 0; k < left; k++) {
        uint32_t list = active[3 * k], start = active[3 * k + 1], length = active[3 * k + 2];
        Reference *r = references + start;
        for (uint32_t i = 0; i + 1 < length; i += 2) {
          pairs[waiting].one = r[i];
          pairs[waiting].other = r[i + 1];
          r[i / 2] = (Reference)(used << 2 | 2);
          used++;
          if (++waiting == BATCH) flush();
        }
        if (length & 1) r[length / 2] = r[length - 1];
        uint32_t next = (length + 1) / 2;
        if (next == 1) {
          sums[list] = r[0];
        } else {
          active[3 * still] = list;
          active[3 * still + 1] = start;
          active[3 * still + 2] = next;
          still++;
        }
      }
      // The next round adds what this one has made.
      flush();
      left = still;
    }
  }
};

/** Windows of a set of scalars, digits sorted: what several sums over the same scalars share. */
struct SortedDigits {
  uint32_t bits, windows, buckets;
  size_t count;
  /** For each window `count` entries: scalar index << 1 | isNegative, by bucket. */
  uint32_t *entries;
  /** For each window buckets + 1 starts. */
  uint32_t *starts;
};

/** Bits of a reduced scalar's absolute value: below r / 2. */
static const uint32_t SCALAR_BITS = 253;

static inline uint32_t windowsFor(uint32_t bits) { return (SCALAR_BITS + 1 + bits - 1) / bits; }

/** The window size with the fewest additions: count a window, and two a bucket. A digit fits 16 bits. */
static inline uint32_t bitsFor(size_t count) {
  uint32_t best = 4;
  uint64_t least = ~(uint64_t)0;
  for (uint32_t bits = 4; bits <= 15; bits++) {
    uint64_t cost = (uint64_t)windowsFor(bits) * (10 * (uint64_t)count + (16u << (bits - 1)) + 1000);
    if (cost < least) {
      least = cost;
      best = bits;
    }
  }
  return best;
}

/**
 * Signed digits of the scalar nearest to 0 that is the same mod r: |digit| ≤ 2^(bits-1), one 16-bit
 * word a window, `stride` apart.
 */
static inline void writeDigits(const uint64_t *scalar, uint32_t bits, uint32_t windows, int16_t *digits,
                               size_t stride) {
  uint64_t s[5], opposite[4], d, borrow = 0;
  for (int i = 0; i < 4; i++) borrow = subWithBorrow(FrParams::modulus[i], scalar[i], borrow, &opposite[i]);
  borrow = 0;
  for (int i = 0; i < 4; i++) borrow = subWithBorrow(opposite[i], scalar[i], borrow, &d);
  bool isNegative = borrow == 1;
  memcpy(s, isNegative ? opposite : scalar, 32);
  s[4] = 0;
  int32_t carry = 0, half = 1 << (bits - 1);
  uint64_t mask = ((uint64_t)1 << bits) - 1;
  for (uint32_t w = 0; w < windows; w++) {
    uint32_t at = w * bits;
    uint64_t word = s[at / 64] >> (at % 64);
    if (at % 64 != 0) word |= s[at / 64 + 1] << (64 - at % 64);
    int32_t digit = (int32_t)(word & mask) + carry;
    carry = digit >= half;
    digit -= carry << bits;
    digits[w * stride] = (int16_t)(isNegative ? -digit : digit);
  }
}

/** Counting sort of one window's digits. */
static inline void sortWindow(const int16_t *digits, size_t count, uint32_t buckets, uint32_t *starts,
                              uint32_t *entries) {
  memset(starts, 0, (buckets + 1) * sizeof(uint32_t));
  for (size_t i = 0; i < count; i++) {
    int32_t digit = digits[i];
    starts[digit < 0 ? -digit : digit]++;
  }
  // Digit 0 takes no part. starts[d] counts digit d; make it where digit d's entries begin, bucket d - 1.
  uint32_t at = 0;
  starts[0] = 0;
  for (uint32_t d = 1; d <= buckets; d++) {
    uint32_t n = starts[d];
    starts[d] = at;
    at += n;
  }
  for (size_t i = 0; i < count; i++) {
    int32_t digit = digits[i];
    if (digit == 0) continue;
    uint32_t isNegative = digit < 0;
    entries[starts[isNegative ? -digit : digit]++] = (uint32_t)(i << 1) | isNegative;
  }
  // Each start has moved to its end, which is where the next bucket starts.
}

/** A thread's room for one window's sum. */
struct WindowRoom {
  Reference *references;
  uint32_t *starts;
  Reference *sums;
  uint32_t *active;
  Pair *pairs;
  void *adder;
  uint8_t *temporary;
};

/** Σ over a window: digit · point. */
template <class F, class Adder>
static Jacobian<F> sumWindow(const SortedDigits &digits, uint32_t window, const uint8_t *section,
                             const uint8_t *infinite, uint32_t firstIndex, const WindowRoom &room) {
  const uint32_t *entries = digits.entries + (size_t)window * digits.count;
  const uint32_t *starts = digits.starts + (size_t)window * (digits.buckets + 1);
  // 1. Those of this section that are not at infinity.
  uint32_t used = 0;
  for (uint32_t b = 0; b < digits.buckets; b++) {
    room.starts[b] = used;
    for (uint32_t i = starts[b]; i < starts[b + 1]; i++) {
      uint32_t index = entries[i] >> 1;
      if (index < firstIndex || infinite[index - firstIndex]) continue;
      room.references[used++] = (index - firstIndex) << 2 | (entries[i] & 1);
    }
  }
  room.starts[digits.buckets] = used;

  // 2. Buckets.
  Summation<F, Adder> summation;
  summation.points.base[0] = section;
  summation.points.base[1] = room.temporary;
  summation.temporary = room.temporary;
  summation.used = 0;
  summation.adder = (Adder *)room.adder;
  summation.pairs = room.pairs;
  summation.waiting = 0;
  summation.adder->begin();
  summation.sumLists(room.references, room.starts, digits.buckets, room.sums, room.active);

  // 3. Rows and columns of the buckets. Bucket b stands for the digit b + 1.
  uint32_t low = (digits.bits - 1) / 2, columns = 1u << low, rows = digits.buckets >> low;
  used = 0;
  for (uint32_t row = 0; row < rows; row++) {
    room.starts[row] = used;
    for (uint32_t column = 0; column < columns; column++) {
      Reference r = room.sums[row << low | column];
      if (r != NOWHERE) room.references[used++] = r;
    }
  }
  for (uint32_t column = 0; column < columns; column++) {
    room.starts[rows + column] = used;
    for (uint32_t row = 0; row < rows; row++) {
      Reference r = room.sums[row << low | column];
      if (r != NOWHERE) room.references[used++] = r;
    }
  }
  room.starts[rows + columns] = used;
  summation.sumLists(room.references, room.starts, rows + columns, room.sums, room.active);

  // 4. Σ row · R[row] · columns + Σ (column + 1) · C[column], since Σ C is the sum of all buckets.
  Jacobian<F> running = Jacobian<F>::infinity(), total = Jacobian<F>::infinity();
  for (uint32_t row = rows; row-- > 1;) {
    if (room.sums[row] != NOWHERE) running = running.plus(summation.points.load(room.sums[row]));
    total = total.plus(running);
  }
  for (uint32_t i = 0; i < low; i++) total = total.doubled();
  running = Jacobian<F>::infinity();
  for (uint32_t column = columns; column-- > 0;) {
    Reference r = room.sums[rows + column];
    if (r != NOWHERE) running = running.plus(summation.points.load(r));
    total = total.plus(running);
  }
  return total;
}

} // namespace CORE
