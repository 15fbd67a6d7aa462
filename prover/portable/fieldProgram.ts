import { FIELD_ORDER } from '../../protocol/constants.ts'
import { type FunctionWriter, ModuleWriter, type VectorLocal } from './assembler.ts'

/*
 * The arithmetic of BN254's scalar field on two elements at once, as WebAssembly.
 *
 * An element has 9 limbs of 29 bits. Two of them lie side by side: 32-bit lanes a0 b0 a1 b1 | a2 b2 …, 80
 * bytes. Vectors of WebAssembly multiply two pairs of 32-bit lanes into 64 bits, and with 29 bits a column
 * of the product, 18 terms below 2^58, fits without a carry. Montgomery's factor is 2^261, 169 times
 * the square of the field's order over the order: products of operands up to 13 times the order come out
 * below twice the order, so nothing is ever reduced further on the way.
 */

export const LIMBS = 9
export const LIMB_BITS = 29
const VECTORS = 5
/** Bytes of two elements side by side. */
export const PAIR_BYTES = 16 * VECTORS
/** Columns of a product before its reduction, 16 bytes each. */
const COLUMNS = 2 * LIMBS
const LIMB_MASK = 2 ** LIMB_BITS - 1
/** Montgomery's factor, mod r. */
export const MONTGOMERY = (1n << BigInt(LIMBS * LIMB_BITS)) % FIELD_ORDER

/** Limbs of a number below 2^261, low first. */
export function limbsOf(value: bigint): number[] {
  return Array.from({ length: LIMBS }, (_, i) =>
    Number((value >> BigInt(LIMB_BITS * i)) & BigInt(LIMB_MASK)),
  )
}

const modulus = limbsOf(FIELD_ORDER)
/**
 * Four times the order, with each limb but the top one so large that no limb of a subtrahend, at most
 * the sum of two reduced ones, exceeds it.
 */
const subtrahendCover = limbsOf(4n * FIELD_ORDER).map((limb, i) => {
  const borrowed = 3 * 2 ** LIMB_BITS
  if (i === 0) return limb + borrowed
  return i === LIMBS - 1 ? limb - 3 : limb + borrowed - 3
})

/** Where the program keeps what it works with; data of the caller begins at `free`. */
export const memoryMap = {
  modulus: 0,
  /** 2·d of the curve with a = −1, in Montgomery form. Written by the caller. */
  twoD: 80,
  /** 1 in Montgomery form: a product with it is the same value, below 2r. */
  one: 160,
  scratch: 240,
  columns: 240 + 8 * PAIR_BYTES,
  free: 2_048,
} as const

type Halves = readonly VectorLocal[]

/** `limb · values[j]`, two at once, where `limb` has its two lanes twice. */
function product(writer: FunctionWriter, limb: VectorLocal, values: Halves, j: number): void {
  writer
    .get(limb)
    .get(values[j >> 1]!)
    .multiply(j % 2 === 0 ? 'low' : 'high')
}

function loadElement(writer: FunctionWriter, parameter: number): VectorLocal[] {
  return writer.locals(VECTORS).map((local, i) => {
    writer
      .parameter(parameter)
      .load(16 * i)
      .set(local)
    return local
  })
}

function loadModulus(writer: FunctionWriter): VectorLocal[] {
  return writer.locals(VECTORS).map((local, i) => {
    writer
      .number(memoryMap.modulus)
      .load(16 * i)
      .set(local)
    return local
  })
}

const MASK64 = [LIMB_MASK, 0, LIMB_MASK, 0] as const
const MASK32 = [LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK] as const

/**
 * One step of Montgomery's reduction: from the lowest column t, the m below 2^29 that makes t + m·r
 * divisible by 2^29. The low 29 bits of r are 2^28 + 1, which is its own inverse, so shifts do.
 * Leaves m twice in `factor` and the carry into the next column in `carry`.
 */
function reduceColumn(
  writer: FunctionWriter,
  column: VectorLocal,
  factor: VectorLocal,
  carry: VectorLocal,
): void {
  writer.get(column).get(column).shiftLeft64(28).add64().negate64()
  writer
    .constant(...MASK64)
    .and()
    .set(factor)
  writer.get(factor).get(factor).shiftLeft64(28).add64().get(column).add64()
  writer.shiftRight64(LIMB_BITS).set(carry)
  writer.get(factor).get(factor).shuffle(0, 2, 0, 2).set(factor)
}

/** Carries through nine columns and writes them as an element to `parameter`. */
function storeColumns(
  writer: FunctionWriter,
  columns: readonly VectorLocal[],
  parameter: number,
): void {
  const mask = writer.local()
  writer.constant(...MASK64).set(mask)
  for (let i = 0; i < LIMBS - 1; i++) {
    const [from, to] = [columns[i]!, columns[i + 1]!]
    writer.get(to).get(from).shiftRight64(LIMB_BITS).add64().set(to)
    writer.get(from).get(mask).and().set(from)
  }
  const zero = writer.local()
  for (let i = 0; i < VECTORS; i++) {
    writer
      .parameter(parameter)
      .get(columns[2 * i]!)
      .get(columns[2 * i + 1] ?? zero)
      .shuffle(0, 2, 4, 6)
      .store(16 * i)
  }
}

/** multiply(result, a, b): products interleaved with the reduction, row by row. */
function writeMultiply(writer: FunctionWriter): void {
  const [result, a, b] = [0, 1, 2]
  const right = loadElement(writer, b)
  const order = loadModulus(writer)
  const columns = writer.locals(LIMBS)
  const [limb, factor, carry] = writer.locals(3) as [VectorLocal, VectorLocal, VectorLocal]
  for (let i = 0; i < LIMBS; i++) {
    writer
      .parameter(a)
      .loadTwice(8 * i)
      .set(limb)
    for (let j = 0; j < LIMBS; j++) {
      product(writer, limb, right, j)
      // The top column is new in each row.
      if (i > 0 && j < LIMBS - 1) writer.get(columns[j]!).add64()
      writer.set(columns[j]!)
    }
    reduceColumn(writer, columns[0]!, factor, carry)
    for (let j = 1; j < LIMBS; j++) {
      product(writer, factor, order, j)
      writer.get(columns[j]!).add64()
      if (j === 1) writer.get(carry).add64()
      writer.set(columns[j - 1]!)
    }
  }
  writer.constant(0, 0, 0, 0).set(columns[LIMBS - 1]!)
  storeColumns(writer, columns, result)
}

/** square(result, a): each product of two different limbs once, doubled; column by column. */
function writeSquare(writer: FunctionWriter): void {
  const [result, a] = [0, 1]
  const values = loadElement(writer, a)
  const doubled = writer.locals(VECTORS)
  values.forEach((value, i) => writer.get(value).get(value).add32().set(doubled[i]!))
  const order = loadModulus(writer)
  const factors = writer.locals(LIMBS)
  const columns = writer.locals(LIMBS)
  const [limb, carry, sum] = writer.locals(3) as [VectorLocal, VectorLocal, VectorLocal]
  for (let k = 0; k < COLUMNS - 1; k++) {
    let isEmpty = true
    const addToSum = (): void => {
      if (!isEmpty) writer.get(sum).add64()
      writer.set(sum)
      isEmpty = false
    }
    for (let i = Math.max(0, k - LIMBS + 1); 2 * i <= k; i++) {
      const j = k - i
      writer
        .parameter(a)
        .loadTwice(8 * i)
        .set(limb)
      product(writer, limb, i === j ? values : doubled, j)
      addToSum()
    }
    for (let i = Math.max(0, k - LIMBS + 1); i < Math.min(k, LIMBS); i++) {
      product(writer, factors[i]!, order, k - i)
      addToSum()
    }
    if (k > 0 && k <= LIMBS) writer.get(sum).get(carry).add64().set(sum)
    if (k < LIMBS) reduceColumn(writer, sum, factors[k]!, carry)
    else writer.get(sum).set(columns[k - LIMBS]!)
  }
  writer.constant(0, 0, 0, 0).set(columns[LIMBS - 1]!)
  storeColumns(writer, columns, result)
}

/** accumulate(columns, a, b): columns += a·b, without any reduction. */
function writeAccumulate(writer: FunctionWriter): void {
  const [sums, a, b] = [0, 1, 2]
  const right = loadElement(writer, b)
  const columns = writer.locals(COLUMNS - 1)
  columns.forEach((column, k) =>
    writer
      .parameter(sums)
      .load(16 * k)
      .set(column),
  )
  const limb = writer.local()
  for (let i = 0; i < LIMBS; i++) {
    writer
      .parameter(a)
      .loadTwice(8 * i)
      .set(limb)
    for (let j = 0; j < LIMBS; j++) {
      product(writer, limb, right, j)
      writer
        .get(columns[i + j]!)
        .add64()
        .set(columns[i + j]!)
    }
  }
  columns.forEach((column, k) =>
    writer
      .parameter(sums)
      .get(column)
      .store(16 * k),
  )
}

/** reduce(result, columns): the sum of products, and the columns are 0 again. */
function writeReduce(writer: FunctionWriter): void {
  const [result, sums] = [0, 1]
  const order = loadModulus(writer)
  const columns = writer.locals(COLUMNS)
  columns.slice(0, -1).forEach((column, k) =>
    writer
      .parameter(sums)
      .load(16 * k)
      .set(column),
  )
  const [factor, carry, zero] = writer.locals(3) as [VectorLocal, VectorLocal, VectorLocal]
  for (let i = 0; i < LIMBS; i++) {
    reduceColumn(writer, columns[i]!, factor, carry)
    for (let j = 1; j < LIMBS; j++) {
      product(writer, factor, order, j)
      writer.get(columns[i + j]!).add64()
      if (j === 1) writer.get(carry).add64()
      writer.set(columns[i + j]!)
    }
  }
  for (let k = 0; k < COLUMNS; k++)
    writer
      .parameter(sums)
      .get(zero)
      .store(16 * k)
  storeColumns(writer, columns.slice(LIMBS), result)
}

/** add(result, a, b): limb by limb. The sum of two reduced elements may be multiplied as it is. */
function writeAdd(writer: FunctionWriter): void {
  for (let i = 0; i < VECTORS; i++) {
    writer.parameter(0)
    writer.parameter(1).load(16 * i)
    writer.parameter(2).load(16 * i)
    writer.add32().store(16 * i)
  }
}

/** Carries of all limbs at once into their neighbours: limbs come out below 2^29 + 8. */
function carryAll(writer: FunctionWriter, values: Halves, parameter: number): void {
  const carries = writer.locals(VECTORS)
  const zero = writer.local()
  values.forEach((value, i) => writer.get(value).shiftRight32(LIMB_BITS).set(carries[i]!))
  values.forEach((value, i) => {
    writer.parameter(parameter)
    writer
      .get(value)
      .constant(...MASK32)
      .and()
    writer
      .get(carries[i - 1] ?? zero)
      .get(carries[i]!)
      .shuffle(2, 3, 4, 5)
    writer.add32().store(16 * i)
  })
}

/** subtract(result, a, b): a + 4r − b, carried, for b below 3r. */
function writeSubtract(writer: FunctionWriter): void {
  const values = writer.locals(VECTORS)
  values.forEach((value, i) => {
    const low = subtrahendCover[2 * i]!
    const high = subtrahendCover[2 * i + 1] ?? 0
    writer.constant(low, low, high, high)
    writer.parameter(1).load(16 * i)
    writer.add32()
    writer.parameter(2).load(16 * i)
    writer.sub32().set(value)
  })
  carryAll(writer, values, 0)
}

/** carry(result, a): the same value with limbs below 2^29 + 8. */
function writeCarry(writer: FunctionWriter): void {
  carryAll(writer, loadElement(writer, 1), 0)
}

/** A point of two lanes: X, Y, T, Z with x = X/Z, y = Y/Z, xy = T/Z. */
export const POINT_BYTES = 4 * PAIR_BYTES
/** A point as a summand: Y − X, Y + X, 2d·T, 2·Z. */
export const CACHED_BYTES = 4 * PAIR_BYTES

/** The program of `FieldProgram`. Deterministic; compile it once and share the module. */
export function writeFieldProgram(): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter()
  const multiply = module.add('multiply', 3, writeMultiply)
  const square = module.add('square', 2, writeSquare)
  const add = module.add('add', 3, writeAdd)
  const subtract = module.add('subtract', 3, writeSubtract)
  const carry = module.add('carry', 2, writeCarry)
  const accumulate = module.add('accumulate', 3, writeAccumulate)
  const reduce = module.add('reduce', 2, writeReduce)
  const calls = { multiply, square, add, carry, accumulate, reduce }
  for (let width = 2; width <= MAX_WIDTH; width++) writePoseidonRounds(module, calls, width)

  const [X, Y, T, Z] = [0, PAIR_BYTES, 2 * PAIR_BYTES, 3 * PAIR_BYTES]
  const scratch = (index: number): number => memoryMap.scratch + index * PAIR_BYTES

  // The two formulas below are for a = −1; Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves
  // Revisited", ASIACRYPT 2008, sections 3.1 and 3.3; with −1 a square and d none they are complete.

  /** Doubles the point; T is left out when the next step is a doubling, which does not read it. */
  const writeDouble = (writer: FunctionWriter, isLast: boolean): void => {
    const [a, b, c, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6].map(scratch) as [
      ...[number, number, number, number, number, number, number],
    ]
    writer.number(a).pointer(0, X).call(square)
    writer.number(b).pointer(0, Y).call(square)
    writer.number(c).pointer(0, Z).call(square)
    writer.number(c).number(c).number(c).call(add)
    writer.number(e).pointer(0, X).pointer(0, Y).call(add)
    writer.number(e).number(e).call(square)
    // H = A + B, E = (X + Y)² − H, G = B − A, F = 2Z² − G: all signs turned, which is the same point.
    writer.number(h).number(a).number(b).call(add)
    writer.number(e).number(e).number(h).call(subtract)
    writer.number(g).number(b).number(a).call(subtract)
    writer.number(f).number(c).number(a).call(add)
    writer.number(f).number(f).number(b).call(subtract)
    writer.pointer(0, X).number(e).number(f).call(multiply)
    writer.pointer(0, Y).number(g).number(h).call(multiply)
    writer.pointer(0, Z).number(f).number(g).call(multiply)
    if (isLast) writer.pointer(0, T).number(e).number(h).call(multiply)
  }
  const doubleStep = module.add('doubleStep', 1, (writer) => writeDouble(writer, false))
  const doubleLast = module.add('doubleLast', 1, (writer) => writeDouble(writer, true))
  // double(point, times): times ≥ 1
  module.add('double', 2, (writer) => {
    writer.repeat(1, () => writer.parameter(0).call(doubleStep))
    writer.parameter(0).call(doubleLast)
  })

  /** Adds a cached point, or its negative, to the point. */
  const writeAddition = (writer: FunctionWriter, isNegative: boolean, hasT: boolean): void => {
    const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(scratch) as [
      ...[number, number, number, number, number, number, number, number],
    ]
    const [minus, plus] = isNegative ? [PAIR_BYTES, 0] : [0, PAIR_BYTES]
    writer.number(a).pointer(0, Y).pointer(0, X).call(subtract)
    writer.number(b).pointer(0, Y).pointer(0, X).call(add)
    writer.number(a).number(a).pointer(1, minus).call(multiply)
    writer.number(b).number(b).pointer(1, plus).call(multiply)
    writer.number(c).pointer(0, T).pointer(1, T).call(multiply)
    writer.number(d).pointer(0, Z).pointer(1, Z).call(multiply)
    writer.number(e).number(b).number(a).call(subtract)
    writer.number(h).number(b).number(a).call(add)
    writer
      .number(isNegative ? g : f)
      .number(d)
      .number(c)
      .call(subtract)
    writer
      .number(isNegative ? f : g)
      .number(d)
      .number(c)
      .call(add)
    writer.pointer(0, X).number(e).number(f).call(multiply)
    writer.pointer(0, Y).number(g).number(h).call(multiply)
    writer.pointer(0, Z).number(f).number(g).call(multiply)
    if (hasT) writer.pointer(0, T).number(e).number(h).call(multiply)
  }
  module.add('addCached', 2, (writer) => writeAddition(writer, false, true))
  // What follows an addition of the ladder is a doubling, which needs no T.
  module.add('addCachedLast', 2, (writer) => writeAddition(writer, false, false))
  module.add('subtractCachedLast', 2, (writer) => writeAddition(writer, true, false))
  // cache(cached, point)
  module.add('cache', 2, (writer) => {
    writer.pointer(0, X).pointer(1, Y).pointer(1, X).call(subtract)
    writer.pointer(0, Y).pointer(1, Y).pointer(1, X).call(add)
    writer.pointer(0, T).pointer(1, T).number(memoryMap.twoD).call(multiply)
    writer.pointer(0, Z).pointer(1, Z).pointer(1, Z).call(add)
  })
  return module.bytes()
}

/** State of Poseidon's widest use here, 16 inputs. */
const MAX_WIDTH = 17
/** Terms of a sum of products whose columns stay below 2^64: 9·(5 + 1)·2^58. */
const MAX_TERMS = 5

type Calls = Record<'multiply' | 'square' | 'add' | 'carry' | 'accumulate' | 'reduce', number>

/**
 * Poseidon's rounds over a state of `width` elements, each function unrolled for it.
 *
 * Source: Grassi et al., "Poseidon", USENIX Security 2021, with appendix B's sparse matrices, as in
 * circomlibjs, from which the constants come.
 */
function writePoseidonRounds(module: ModuleWriter, calls: Calls, width: number): void {
  const { multiply, square, add, carry, accumulate, reduce } = calls
  const scratch = memoryMap.scratch
  const columns = memoryMap.columns
  const element = (index: number): number => index * PAIR_BYTES

  /** The element's fifth power plus the constant, carried. */
  const substitute = (
    writer: FunctionWriter,
    state: number,
    i: number,
    constants: number,
  ): void => {
    const at = (): FunctionWriter => writer.pointer(state, element(i))
    writer.number(scratch)
    at().call(square)
    writer.number(scratch).number(scratch).call(square)
    at()
    at().number(scratch).call(multiply)
    at()
    at().pointer(constants, element(i)).call(add)
    at()
    at().call(carry)
  }
  /** The sum of state[i]·factors[i] to the pointer that `target` pushes. */
  const sumProducts = (
    writer: FunctionWriter,
    target: () => void,
    state: number,
    factors: number,
    offset: number,
  ): void => {
    for (let first = 0; first < width; first += MAX_TERMS) {
      for (let i = first; i < Math.min(width, first + MAX_TERMS); i++) {
        writer
          .number(columns)
          .pointer(state, element(i))
          .pointer(factors, offset + element(i))
        writer.call(accumulate)
      }
      if (first === 0) {
        target()
        writer.number(columns).call(reduce)
        continue
      }
      writer.number(scratch).number(columns).call(reduce)
      target()
      target()
      writer.number(scratch).call(add)
      target()
      target()
      writer.call(carry)
    }
  }

  // fullRound(to, from, constants, matrix): the matrix's columns one after the other.
  module.add(`fullRound${String(width)}`, 4, (writer) => {
    for (let i = 0; i < width; i++) substitute(writer, 1, i, 2)
    for (let i = 0; i < width; i++) {
      sumProducts(writer, () => writer.pointer(0, element(i)), 1, 3, element(i * width))
    }
  })
  // partialRound(state, constants): one constant, then the sparse matrix's row and column.
  module.add(`partialRound${String(width)}`, 2, (writer) => {
    const first = scratch + PAIR_BYTES
    const product = scratch + 2 * PAIR_BYTES
    substitute(writer, 0, 0, 1)
    sumProducts(writer, () => writer.number(first), 0, 1, element(1))
    for (let i = 1; i < width; i++) {
      writer
        .number(product)
        .pointer(0)
        .pointer(1, element(width + i))
        .call(multiply)
      writer.pointer(0, element(i)).pointer(0, element(i)).number(product).call(add)
      writer.pointer(0, element(i)).pointer(0, element(i)).call(carry)
    }
    writer.pointer(0).number(first).number(memoryMap.one).call(multiply)
  })
}

/** What a fresh memory must hold before the first call, in both lanes. */
export const initialMemory: readonly { pointer: number; limbs: readonly number[] }[] = [
  { pointer: memoryMap.modulus, limbs: modulus },
  { pointer: memoryMap.one, limbs: limbsOf(MONTGOMERY) },
]
