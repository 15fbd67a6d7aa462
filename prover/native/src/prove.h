// Groth16 (https://eprint.iacr.org/2016/260) over BN254 from a key as snarkjs writes it: the polynomial H enters
// by its values at the odd roots of unity, for which the key has points.
#pragma once

#include "msm.h"
#include "ntt.h"

namespace CORE {

template <class T> static inline T smaller(T a, T b) { return a < b ? a : b; }
template <class T> static inline T larger(T a, T b) { return a > b ? a : b; }

static const size_t ROWS_A_TASK = 1024;
static const size_t COEFFICIENT_BYTES = 44;
static const size_t DIGITS_A_TASK = 2048;

struct WindowTask {
  uint8_t group;
  const SortedDigits *digits;
  uint32_t window;
  const uint8_t *section, *infinite;
  uint32_t firstIndex;
  void *sum;
};

enum { SUM_A, SUM_B1, SUM_B2, SUM_C, SUM_H, SUMS };

template <class Adder1, class Adder2> struct Prover {
  const ProvingKey *key;
  const uint8_t *witness;
  const Runtime *runtime;

  Fr *values[3];
  bool isBadKey;
  Fr joinFactor, minusFactor;
  SortedDigits witnessDigits, quotientDigits;
  int16_t *rawWitnessDigits, *rawQuotientDigits;
  WindowTask *tasks;
  size_t taskCount;
  WindowRoom *rooms;

  static const uint32_t MAX_WINDOWS = 64;
  Jacobian<Fq> *sums1[SUMS];
  Jacobian<Fq2> *sums2;

  bool isCancelled() const { return runtime->isCancelled(runtime->context); }
  template <class T> T *allocate(size_t count) {
    return (T *)runtime->allocate(runtime->context, count * sizeof(T) + 64);
  }
  void parallel(size_t count, void (*task)(void *, size_t, uint32_t)) {
    if (count > 0) runtime->parallel(runtime->context, count, task, this);
  }

  static Prover *of(void *argument) { return (Prover *)argument; }
  uint32_t blockBits() const { return smaller(key->power, BLOCK_POWER); }

  /** A row of both matrices, applied to the witness. */
  Fr evaluateRow(int matrix, size_t row) {
    Fr sum = Fr::zero();
    const uint32_t *starts = key->rowStart[matrix];
    for (uint32_t i = starts[row]; i < starts[row + 1]; i++) {
      const uint8_t *coefficient = key->coefficient + (size_t)key->order[i] * COEFFICIENT_BYTES;
      uint32_t wire;
      memcpy(&wire, coefficient + 8, 4);
      // Checked at loading; once more, since the file is only mapped.
      if (wire >= key->wires) {
        __atomic_store_n(&isBadKey, true, __ATOMIC_RELAXED);
        return sum;
      }
      // value · 2^512 times a plain number is a product in Montgomery form.
      sum = sum + Fr::load(coefficient + 12) * Fr::load(witness + (size_t)wire * 32);
    }
    return sum;
  }

  static void evaluateTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    size_t end = smaller((index + 1) * ROWS_A_TASK, (size_t)p->key->domain);
    for (size_t row = index * ROWS_A_TASK; row < end; row++) {
      size_t at = reverseBits((uint32_t)row, p->key->power);
      Fr a = p->evaluateRow(0, row), b = p->evaluateRow(1, row);
      p->values[0][at] = a;
      p->values[1][at] = b;
      p->values[2][at] = a * b;
    }
  }

  static void inverseTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    size_t blocks = (size_t)1 << (p->key->power - p->blockBits());
    inverseBlock(p->values[index / blocks], index % blocks, p->blockBits(), (const Fr *)p->key->inverseTwiddles);
  }

  static void columnTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    size_t width = (size_t)1 << p->blockBits(), columns = smaller((size_t)COLUMNS, width), parts = width / columns;
    columnLevels(p->values[index / parts], index % parts * columns, columns, p->blockBits(), p->key->power,
                 (const Fr *)p->key->inverseTwiddles, (const Fr *)p->key->cosetTwiddles);
  }

  static void forwardTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    size_t blocks = (size_t)1 << (p->key->power - p->blockBits());
    forwardBlock(p->values[index / blocks], index % blocks, p->blockBits(), p->key->power,
                 (const Fr *)p->key->cosetTwiddles);
  }

  /** H's values A·B - C at the odd roots, as plain numbers, and their digits. */
  static void joinTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    SortedDigits &digits = p->quotientDigits;
    size_t end = smaller((index + 1) * DIGITS_A_TASK, (size_t)p->key->domain);
    for (size_t i = index * DIGITS_A_TASK; i < end; i++) {
      size_t at = reverseBits((uint32_t)i, p->key->power);
      Fr h = p->values[0][at] * p->values[1][at] * p->joinFactor - p->values[2][at] * p->minusFactor;
      writeDigits(h.w, digits.bits, digits.windows, p->rawQuotientDigits + i, digits.count);
    }
  }

  static void digitsTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    SortedDigits &digits = p->witnessDigits;
    size_t end = smaller((index + 1) * DIGITS_A_TASK, digits.count);
    for (size_t i = index * DIGITS_A_TASK; i < end; i++) {
      uint64_t scalar[4];
      memcpy(scalar, p->witness + i * 32, 32);
      writeDigits(scalar, digits.bits, digits.windows, p->rawWitnessDigits + i, digits.count);
    }
  }

  static void sortTask(void *argument, size_t index, uint32_t) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    SortedDigits *digits = &p->witnessDigits;
    const int16_t *raw = p->rawWitnessDigits;
    if (index >= digits->windows) {
      index -= digits->windows;
      digits = &p->quotientDigits;
      raw = p->rawQuotientDigits;
    }
    sortWindow(raw + index * digits->count, digits->count, digits->buckets,
               digits->starts + index * (digits->buckets + 1), digits->entries + index * digits->count);
  }

  static void windowTask(void *argument, size_t index, uint32_t thread) {
    Prover *p = of(argument);
    if (p->isCancelled()) return;
    const WindowTask &t = p->tasks[index];
    const WindowRoom &room = p->rooms[thread];
    if (t.group == GROUP_2) {
      *(Jacobian<Fq2> *)t.sum =
          sumWindow<Fq2, Adder2>(*t.digits, t.window, t.section, t.infinite, t.firstIndex, room);
    } else {
      *(Jacobian<Fq> *)t.sum =
          sumWindow<Fq, Adder1>(*t.digits, t.window, t.section, t.infinite, t.firstIndex, room);
    }
  }

  bool prepareDigits(SortedDigits &digits, size_t count, int16_t **raw) {
    digits.count = count;
    digits.bits = bitsFor(count);
    digits.windows = windowsFor(digits.bits);
    digits.buckets = 1u << (digits.bits - 1);
    digits.entries = allocate<uint32_t>(count * digits.windows);
    digits.starts = allocate<uint32_t>((size_t)(digits.buckets + 1) * digits.windows);
    *raw = allocate<int16_t>(count * digits.windows);
    return digits.entries && digits.starts && *raw;
  }

  bool prepareRooms() {
    size_t buckets = larger(witnessDigits.buckets, quotientDigits.buckets);
    size_t points = larger(witnessDigits.count, quotientDigits.count);
    rooms = allocate<WindowRoom>(runtime->threads);
    if (!rooms) return false;
    for (uint32_t i = 0; i < runtime->threads; i++) {
      WindowRoom &room = rooms[i];
      room.references = allocate<Reference>(larger(points, 2 * buckets));
      room.starts = allocate<uint32_t>(buckets + 1);
      room.sums = allocate<Reference>(buckets);
      room.active = allocate<uint32_t>(3 * buckets);
      room.pairs = allocate<Pair>(BATCH);
      room.adder = allocate<uint8_t>(larger(sizeof(Adder1), sizeof(Adder2)));
      room.temporary = allocate<uint8_t>((larger(points, witnessDigits.count) + 2 * buckets) * Affine<Fq2>::bytes);
      if (!room.references || !room.starts || !room.sums || !room.active || !room.pairs || !room.adder ||
          !room.temporary) {
        return false;
      }
    }
    return true;
  }

  template <class F>
  void addTasks(Jacobian<F> *sums, const SortedDigits &digits, const uint8_t *section, const uint8_t *infinite,
                uint32_t firstIndex) {
    for (uint32_t w = 0; w < digits.windows; w++) {
      WindowTask &t = tasks[taskCount++];
      t.group = sizeof(F) == sizeof(Fq2) ? GROUP_2 : GROUP_1;
      t.digits = &digits;
      t.window = w;
      t.section = section;
      t.infinite = infinite;
      t.firstIndex = firstIndex;
      t.sum = sums + w;
    }
  }

  template <class F> static Jacobian<F> joinWindows(const Jacobian<F> *sums, const SortedDigits &digits) {
    Jacobian<F> total = Jacobian<F>::infinity();
    for (uint32_t w = digits.windows; w-- > 0;) {
      for (uint32_t i = 0; i < digits.bits; i++) total = total.doubled();
      total = total.plus(sums[w]);
    }
    return total;
  }

  Outcome run(const uint8_t *rBytes, const uint8_t *sBytes, uint8_t *proof) {
    isBadKey = false;
    taskCount = 0;
    for (int i = 0; i < 3; i++) {
      values[i] = allocate<Fr>(key->domain);
      if (!values[i]) return OUTCOME_NO_MEMORY;
    }
    tasks = allocate<WindowTask>(SUMS * MAX_WINDOWS);
    for (int i = 0; i < SUMS; i++) {
      sums1[i] = allocate<Jacobian<Fq>>(MAX_WINDOWS);
      if (!sums1[i]) return OUTCOME_NO_MEMORY;
    }
    sums2 = allocate<Jacobian<Fq2>>(MAX_WINDOWS);
    if (!tasks || !sums2 || !prepareDigits(witnessDigits, key->wires, &rawWitnessDigits) ||
        !prepareDigits(quotientDigits, key->domain, &rawQuotientDigits) || !prepareRooms()) {
      return OUTCOME_NO_MEMORY;
    }

    runtime->enter(runtime->context, PHASE_EVALUATE);
    parallel((key->domain + ROWS_A_TASK - 1) / ROWS_A_TASK, evaluateTask);
    if (isBadKey) return OUTCOME_BAD_KEY;
    if (isCancelled()) return OUTCOME_CANCELLED;

    runtime->enter(runtime->context, PHASE_TRANSFORM);
    size_t blocks = (size_t)1 << (key->power - blockBits()), width = (size_t)1 << blockBits();
    parallel(3 * blocks, inverseTask);
    if (blocks > 1) parallel(3 * (width / smaller((size_t)COLUMNS, width)), columnTask);
    parallel(3 * blocks, forwardTask);
    // The inverse half leaves values n times too large, so A·B by n^2. Times 1 / n^2 as a plain number also
    // takes the product out of Montgomery form.
    Fr inverseOfSize = Fr{{key->domain, 0, 0, 0}}.toMontgomery().inverted();
    joinFactor = inverseOfSize.squared().fromMontgomery();
    minusFactor = inverseOfSize.fromMontgomery();
    parallel((key->domain + DIGITS_A_TASK - 1) / DIGITS_A_TASK, joinTask);
    if (isCancelled()) return OUTCOME_CANCELLED;

    runtime->enter(runtime->context, PHASE_SORT);
    parallel((key->wires + DIGITS_A_TASK - 1) / DIGITS_A_TASK, digitsTask);
    parallel(witnessDigits.windows + quotientDigits.windows, sortTask);
    if (isCancelled()) return OUTCOME_CANCELLED;

    runtime->enter(runtime->context, PHASE_MULTIPLY);
    // Largest first, so that the threads end together.
    addTasks(sums2, witnessDigits, key->b2, key->b2Infinite, 0);
    addTasks(sums1[SUM_H], quotientDigits, key->h, key->hInfinite, 0);
    addTasks(sums1[SUM_A], witnessDigits, key->a, key->aInfinite, 0);
    addTasks(sums1[SUM_C], witnessDigits, key->c, key->cInfinite, key->publicWires + 1);
    addTasks(sums1[SUM_B1], witnessDigits, key->b1, key->b1Infinite, 0);
    parallel(taskCount, windowTask);
    if (isCancelled()) return OUTCOME_CANCELLED;

    finish(rBytes, sBytes, proof);
    return OUTCOME_DONE;
  }

  static void writePoint(const Affine<Fq> &p, uint8_t *to) {
    // As snarkjs writes infinity.
    Fq x = p.x.fromMontgomery(), y = p.isInfinity() ? Fq{{1, 0, 0, 0}} : p.y.fromMontgomery();
    x.store(to);
    y.store(to + 32);
  }
  static void writePoint(const Affine<Fq2> &p, uint8_t *to) {
    Fq2 x = p.x.fromMontgomery(), y = p.y.fromMontgomery();
    if (p.isInfinity()) y = Fq2{Fq{{1, 0, 0, 0}}, Fq::zero()};
    x.store(to);
    y.store(to + 64);
  }

  /** A = α + ΣA + rδ, B = β + ΣB + sδ, C = ΣC + ΣH + sA + rB - rsδ. */
  void finish(const uint8_t *rBytes, const uint8_t *sBytes, uint8_t *proof) {
    Fr r = Fr::load(rBytes), s = Fr::load(sBytes);
    Fr minusRs = (r * s.toMontgomery()).negated();
    Jacobian<Fq> alpha1 = Jacobian<Fq>::from(Affine<Fq>::load(key->alpha1));
    Jacobian<Fq> beta1 = Jacobian<Fq>::from(Affine<Fq>::load(key->beta1));
    Jacobian<Fq> delta1 = Jacobian<Fq>::from(Affine<Fq>::load(key->delta1));
    Jacobian<Fq2> beta2 = Jacobian<Fq2>::from(Affine<Fq2>::load(key->beta2));
    Jacobian<Fq2> delta2 = Jacobian<Fq2>::from(Affine<Fq2>::load(key->delta2));

    Jacobian<Fq> a = joinWindows(sums1[SUM_A], witnessDigits).plus(alpha1).plus(delta1.times(r.w));
    Jacobian<Fq> b1 = joinWindows(sums1[SUM_B1], witnessDigits).plus(beta1).plus(delta1.times(s.w));
    Jacobian<Fq2> b2 = joinWindows(sums2, witnessDigits).plus(beta2).plus(delta2.times(s.w));
    Jacobian<Fq> c = joinWindows(sums1[SUM_C], witnessDigits)
                         .plus(joinWindows(sums1[SUM_H], quotientDigits))
                         .plus(a.times(s.w))
                         .plus(b1.times(r.w))
                         .plus(delta1.times(minusRs.w));
    writePoint(a.toAffine(), proof);
    writePoint(b2.toAffine(), proof + 64);
    writePoint(c.toAffine(), proof + 192);
  }
};

} // namespace CORE
