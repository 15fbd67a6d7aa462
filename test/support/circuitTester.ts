import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { buildCircuits } from '../../circuits/build.ts'
import type { LocatedCircuit } from '../../circuits/build.ts'
import { repositoryRoot } from '../../circuits/locateCircuit.ts'
import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'
import { readFieldElement, readR1cs } from '../../circuits/r1cs.ts'
import type { R1cs, R1csMatrix } from '../../circuits/r1cs.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { WitnessCalculator, decodeWitness } from '../../prover/witnessCalculator.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'

/** A full assignment of one circuit. Immutable: `edit` makes another one. */
export type Witness = {
  readonly values: readonly bigint[]
  /** What was edited, by wire, and of which witness, so that only the rows touched are looked at again. */
  readonly base?: Witness
  readonly edits?: ReadonlyMap<number, bigint>
}

/** Copies the values when somebody asks for all of them: most edits are looked at in a few rows. */
class EditedWitness implements Witness {
  readonly base: Witness
  readonly edits: ReadonlyMap<number, bigint>
  #values: readonly bigint[] | undefined

  constructor(base: Witness, edits: ReadonlyMap<number, bigint>) {
    this.base = base
    this.edits = edits
  }

  get values(): readonly bigint[] {
    if (this.#values === undefined) {
      const values = [...this.base.values]
      for (const [index, value] of this.edits) values[index] = value
      this.#values = values
    }
    return this.#values
  }
}

/** A row A·B = C that does not hold. */
export type Failure = {
  row: number
  /** Named signals of the row, at most a few, without the constant. */
  signals: readonly string[]
}

export class UnsatisfiedConstraintError extends Error {
  readonly failures: readonly Failure[]
  constructor(circuit: string, failures: readonly Failure[]) {
    const lines = failures.map(({ row, signals }) => `  row ${row}: ${signals.join(', ')}`)
    super(`${circuit}: a constraint does not hold\n${lines.join('\n')}`)
    this.failures = failures
  }
}

export class SignalError extends Error {}

type Row = { a: Term[]; b: Term[]; c: Term[] }
type Term = { signal: number; coefficient: bigint }

/** Named signals of a failing row that are shown. */
const SHOWN_SIGNALS = 12

/** A compiled circuit with its constraints, for tests of completeness and soundness. */
export class CircuitTester {
  readonly circuit: LocatedCircuit
  readonly #calculator: WitnessCalculator
  #uncheckedCalculator: WitnessCalculator | undefined
  readonly #r1cs: R1cs
  readonly #rows: (Row | undefined)[]
  #rowsBySignal: { starts: Uint32Array; rows: Uint32Array } | undefined
  #symbols: { indexes: Map<string, number>; names: Map<number, string> } | undefined
  readonly #satisfied = new WeakSet<Witness>()
  /** A copy of the witness edited last, into which edits are put for as long as they are looked at. */
  #scratch: { base: Witness; values: bigint[] } | undefined

  private constructor(circuit: LocatedCircuit, calculator: WitnessCalculator, r1cs: R1cs) {
    this.circuit = circuit
    this.#calculator = calculator
    this.#r1cs = r1cs
    this.#rows = new Array<Row | undefined>(r1cs.header.constraints)
  }

  static async load(circuit: LocatedCircuit): Promise<CircuitTester> {
    const wasm = new Uint8Array(readFileSync(circuit.wasmPath))
    const calculator = await WitnessCalculator.load(circuit.name, wasm)
    return new CircuitTester(circuit, calculator, readR1cs(readFileSync(circuit.r1csPath)))
  }

  /** Non-linear constraints. */
  get constraintCount(): number {
    return this.circuit.info.nonLinear
  }

  /**
   * Computes the assignment, as a wallet would.
   *
   * @throws {WitnessUnsatisfiedError | CircuitInputError}
   */
  async witness(inputs: CircuitInputs): Promise<Witness> {
    return { values: decodeWitness(await this.#calculator.calculate(inputs)) }
  }

  /**
   * Computes the assignment with every `===` and `assert` of the program switched off, as a
   * malicious prover would: whether the statement is refused is then up to the constraints alone.
   */
  async uncheckedWitness(inputs: CircuitInputs): Promise<Witness> {
    this.#uncheckedCalculator ??= await WitnessCalculator.load(
      this.circuit.name,
      withoutAssertions(readFileSync(this.circuit.wasmPath)),
    )
    return { values: decodeWitness(await this.#uncheckedCalculator.calculate(inputs)) }
  }

  /** @throws {UnsatisfiedConstraintError} with the first rows that do not hold. */
  check(witness: Witness): void {
    const failures = this.failures(witness, 5)
    if (failures.length > 0) throw new UnsatisfiedConstraintError(this.circuit.name, failures)
  }

  isSatisfied(witness: Witness): boolean {
    return this.#failingRows(witness, 1).length === 0
  }

  /** Rows that do not hold, at most `limit`. */
  failures(witness: Witness, limit = 20): Failure[] {
    return this.#failingRows(witness, limit).map((row) => ({
      row,
      signals: this.#signalsOf(row),
    }))
  }

  /** The value of a signal, e.g. `main.used[0]`. @throws {SignalError} when eliminated or unknown. */
  get(witness: Witness, name: string): bigint {
    const index = this.#indexOf(name)
    return witness.edits?.get(index) ?? (witness.base ?? witness).values[index]!
  }

  /** Outputs, then public inputs, as the verifier gets them. */
  publicSignals(witness: Witness): bigint[] {
    const { publicOutputs, publicInputs } = this.circuit.info
    return witness.values.slice(1, 1 + publicOutputs + publicInputs)
  }

  /**
   * The same witness with one signal changed and everything else as it was.
   *
   * @throws {SignalError} when the compiler eliminated the signal (it is a linear function of live
   *   ones: edit those) or when there is no such signal.
   */
  edit(witness: Witness, name: string, value: bigint): Witness {
    return this.editAll(witness, { [name]: value })
  }

  /** The same for several signals at once. */
  editAll(witness: Witness, changes: Readonly<Record<string, bigint>>): Witness {
    const edits = new Map(witness.edits)
    for (const [name, value] of Object.entries(changes)) {
      edits.set(this.#indexOf(name), ((value % FIELD_ORDER) + FIELD_ORDER) % FIELD_ORDER)
    }
    return new EditedWitness(witness.base ?? witness, edits)
  }

  /** All signals by name, the eliminated ones too. */
  signalNames(prefix = ''): string[] {
    return [...this.#symbolTable().indexes.keys()].filter((name) => name.startsWith(prefix))
  }

  /** Signals that are in the witness, so that they can be read and edited. */
  liveSignals(prefix = ''): string[] {
    const live: string[] = []
    for (const [name, index] of this.#symbolTable().indexes) {
      if (index >= 0 && name.startsWith(prefix)) live.push(name)
    }
    return live
  }

  /**
   * Changes every live signal whose name starts with `prefix`, one at a time, and gives back those
   * that no constraint held: each is a freedom of the prover that needs a reason.
   */
  freeSignals(
    witness: Witness,
    { prefix = '', change = (value: bigint) => value + 1n } = {},
  ): string[] {
    return this.liveSignals(prefix).filter((name) =>
      this.isSatisfied(this.edit(witness, name, change(this.get(witness, name)))),
    )
  }

  #failingRows(witness: Witness, limit: number): number[] {
    if (this.#satisfied.has(witness)) return []
    const { base, edits } = witness
    const failing =
      base !== undefined && edits !== undefined && this.isSatisfied(base)
        ? this.#failingAfter(base, edits, limit)
        : this.#failingOf(this.#rows.keys(), this.#valuesOf(witness), limit)
    if (failing.length === 0) this.#satisfied.add(witness)
    return failing
  }

  /** The rows that edits of a satisfied witness touch. */
  #failingAfter(base: Witness, edits: ReadonlyMap<number, bigint>, limit: number): number[] {
    if (this.#scratch?.base !== base) {
      this.#scratch = { base, values: [...this.#valuesOf(base)] }
    }
    const { values } = this.#scratch
    const { starts, rows } = this.#rowIndex()
    const touched = new Set<number>()
    for (const [signal, value] of edits) {
      values[signal] = value
      for (let at = starts[signal]!; at < starts[signal + 1]!; at++) touched.add(rows[at]!)
    }
    try {
      return this.#failingOf(
        [...touched].sort((one, other) => one - other),
        values,
        limit,
      )
    } finally {
      for (const signal of edits.keys()) values[signal] = base.values[signal]!
    }
  }

  #failingOf(rows: Iterable<number>, values: readonly bigint[], limit: number): number[] {
    const failing: number[] = []
    for (const row of rows) {
      if (this.#holds(row, values)) continue
      failing.push(row)
      if (failing.length === limit) break
    }
    return failing
  }

  #valuesOf({ values }: Witness): readonly bigint[] {
    if (values.length !== this.#r1cs.header.wires || values[0] !== 1n) {
      throw new SignalError(`This is no witness of ${this.circuit.name}.`)
    }
    return values
  }

  #holds(index: number, values: readonly bigint[]): boolean {
    const row = this.#row(index)
    const product = evaluate(row.a, values) * evaluate(row.b, values)
    return (product - evaluate(row.c, values)) % FIELD_ORDER === 0n
  }

  #row(index: number): Row {
    const { a, b, c } = this.#r1cs
    const known = this.#rows[index]
    if (known !== undefined) return known
    const row = {
      a: this.#terms(a, index),
      b: this.#terms(b, index),
      c: this.#terms(c, index),
    }
    this.#rows[index] = row
    return row
  }

  #terms(matrix: R1csMatrix, row: number): Term[] {
    const terms: Term[] = []
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const coefficient = readFieldElement(this.#r1cs.bytes, matrix.coefficients[at]!)
      // Most coefficients are small or minus small: signed, they multiply fast.
      const signed = coefficient > FIELD_ORDER / 2n ? coefficient - FIELD_ORDER : coefficient
      terms.push({ signal: matrix.signals[at]!, coefficient: signed })
    }
    return terms
  }

  #rowIndex(): { starts: Uint32Array; rows: Uint32Array } {
    if (this.#rowsBySignal !== undefined) return this.#rowsBySignal
    const { a, b, c, header } = this.#r1cs
    const starts = new Uint32Array(header.wires + 2)
    for (const { signals } of [a, b, c]) {
      for (const signal of signals) starts[signal + 2]! += 1
    }
    for (let signal = 1; signal < starts.length; signal++) starts[signal]! += starts[signal - 1]!
    const rows = new Uint32Array(a.signals.length + b.signals.length + c.signals.length)
    for (const { starts: rowStarts, signals } of [a, b, c]) {
      for (let row = 0; row < header.constraints; row++) {
        for (let at = rowStarts[row]!; at < rowStarts[row + 1]!; at++) {
          const signal = signals[at]!
          rows[starts[signal + 1]!] = row
          starts[signal + 1]! += 1
        }
      }
    }
    this.#rowsBySignal = { starts, rows }
    return this.#rowsBySignal
  }

  #signalsOf(index: number): string[] {
    const row = this.#row(index)
    const { names } = this.#symbolTable()
    const signals = new Set([...row.a, ...row.b, ...row.c].map(({ signal }) => signal))
    signals.delete(0)
    const shown = [...signals].slice(0, SHOWN_SIGNALS).map((signal) => names.get(signal) ?? '?')
    return signals.size > SHOWN_SIGNALS
      ? [...shown, `and ${signals.size - SHOWN_SIGNALS} more`]
      : shown
  }

  #indexOf(name: string): number {
    const { indexes } = this.#symbolTable()
    const index = indexes.get(name)
    if (index === undefined) {
      const parent = name.slice(0, Math.max(name.lastIndexOf('.'), name.lastIndexOf('[')))
      const near = this.signalNames(parent).slice(0, 8).join(', ')
      throw new SignalError(`${this.circuit.name} has no signal ${name}. Near it: ${near}`)
    }
    if (index < 0) {
      throw new SignalError(
        `The compiler eliminated ${name}: it is a linear function of other signals. ` +
          `List those that are left with liveSignals('${name.slice(0, name.lastIndexOf('.') + 1)}').`,
      )
    }
    return index
  }

  /** The .sym file: label, witness index or -1, component, name. */
  #symbolTable(): { indexes: Map<string, number>; names: Map<number, string> } {
    if (this.#symbols !== undefined) return this.#symbols
    const indexes = new Map<string, number>()
    const names = new Map<number, string>()
    for (const line of readFileSync(this.circuit.symPath, 'utf8').split('\n')) {
      const [, index, , name] = line.split(',')
      if (index === undefined || name === undefined) continue
      indexes.set(name, Number(index))
      if (Number(index) >= 0 && !names.has(Number(index))) names.set(Number(index), name)
    }
    this.#symbols = { indexes, names }
    return this.#symbols
  }
}

const loaded = new Map<string, Promise<CircuitTester>>()

/** A circuit of circuits/main, compiled first where its sources changed. */
export function loadCircuit(name: string): Promise<CircuitTester> {
  return once(`main ${name}`, async () => {
    const [circuit] = await buildCircuits({ names: [name] })
    return CircuitTester.load(circuit!)
  })
}

export type LoadTemplateParameters = {
  /** From the root, e.g. `circuits/src/note-commitment.circom`. */
  include: string
  template: string
  args?: readonly (bigint | number | readonly (bigint | number)[])[]
  /** Names of the inputs that are public. Default: none. */
  public?: readonly string[]
}

/** A template as a main of its own, compiled first where its sources changed. */
export function loadTemplate({
  include,
  template,
  args = [],
  public: publicInputs = [],
}: LoadTemplateParameters): Promise<CircuitTester> {
  const publicList = publicInputs.length === 0 ? '' : ` {public [${publicInputs.join(', ')}]}`
  const argumentList = args.map(formatArgument).join(', ')
  const source = [
    'pragma circom 2.1.9;',
    `include "../../../${include}";`,
    `component main${publicList} = ${template}(${argumentList});`,
    '',
  ].join('\n')
  return loadSource(template, source)
}

/** A whole main from its text. Includes are relative to the third folder below the root. */
export function loadSource(name: string, source: string): Promise<CircuitTester> {
  const workspace: CircuitWorkspace = {
    mainDirectory: '.cinnabar/test-circuits/main',
    outputDirectory: '.cinnabar/test-circuits',
  }
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 8)
  const main = `${name}-${hash}`
  return once(`source ${main}`, async () => {
    const directory = join(repositoryRoot, workspace.mainDirectory)
    mkdirSync(directory, { recursive: true })
    // The name says the content, so that writing it twice at once does no harm.
    writeFileSync(join(directory, `${main}.circom`), source)
    const [circuit] = await buildCircuits({ names: [main], workspace })
    return CircuitTester.load(circuit!)
  })
}

function once(key: string, load: () => Promise<CircuitTester>): Promise<CircuitTester> {
  const known = loaded.get(key)
  if (known !== undefined) return known
  const tester = load()
  loaded.set(key, tester)
  return tester
}

function formatArgument(value: bigint | number | readonly (bigint | number)[]): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value)
}

function evaluate(terms: readonly Term[], values: readonly bigint[]): bigint {
  let sum = 0n
  for (const { signal, coefficient } of terms) sum += coefficient * values[signal]!
  return sum % FIELD_ORDER
}

/** `call printErrorMessage; i32.const 4; return; end`: how circom's programs end at a failed check. */
const ASSERTION = Buffer.from('100141040f0b', 'hex')
/** The same, but the program goes on. */
const NO_ASSERTION = Buffer.from('10010101010b', 'hex')

function withoutAssertions(wasm: Buffer): Uint8Array<ArrayBuffer> {
  const program = Buffer.from(new Uint8Array(wasm))
  for (let at = program.indexOf(ASSERTION); at >= 0; at = program.indexOf(ASSERTION, at + 1)) {
    NO_ASSERTION.copy(program, at)
  }
  return new Uint8Array(program)
}
