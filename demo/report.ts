/** What `npm run demo -- --json FILE` writes. */
export type DemoFigures = {
  transfersSettled: number
  batchesSettled: number
  statisticsRecordsOpened: number
  investigationRecordsOpened: number
  recordsExpected: number
  conservation: boolean
  withdrawalPaid: boolean
  recoveredFromSeed: boolean
  /** The committee's openings stand in a bundle that holds against the chain and is the one disclosed. */
  bundleVerified: boolean
  /** Somebody with nothing but the base chain rebuilt everything and found every root, rule and proof right. */
  followerAgrees: boolean
  /** Codes of what was refused, in order. */
  refusals: string[]
  seconds: Record<string, number>
  gas: Record<string, number>
  baseChain: string
}

/** Tells the story on stdout as it happens, and keeps its figures. */
export class Report {
  readonly figures: DemoFigures
  #chapter = 0
  #chapterName = ''
  #chapterStart = performance.now()
  readonly #start = performance.now()

  constructor(baseChain: string) {
    this.figures = {
      transfersSettled: 0,
      batchesSettled: 0,
      statisticsRecordsOpened: 0,
      investigationRecordsOpened: 0,
      recordsExpected: 0,
      conservation: false,
      withdrawalPaid: false,
      recoveredFromSeed: false,
      bundleVerified: false,
      followerAgrees: false,
      refusals: [],
      seconds: {},
      gas: {},
      baseChain,
    }
  }

  /** Ends the chapter before, with its time, and starts the next. `key` names its seconds. */
  chapter(key: string, title: string): void {
    this.#closeChapter()
    this.#chapter++
    this.#chapterName = key
    this.#chapterStart = performance.now()
    console.log(`\n${String(this.#chapter)}. ${title}`)
  }

  say(line: string): void {
    console.log(`   ${line}`)
  }

  /** Something that must be refused was. */
  refused(what: string, code: string, reason: string): void {
    this.figures.refusals.push(code)
    console.log(`   ✗ ${what}`)
    console.log(`     refused: ${reason} (${code})`)
  }

  table(text: string): void {
    console.log(text.replace(/^/gm, '     '))
  }

  finish(): void {
    this.#closeChapter()
    this.figures.seconds['total'] = round((performance.now() - this.#start) / 1000)
  }

  #closeChapter(): void {
    if (this.#chapterName === '') return
    const seconds = round((performance.now() - this.#chapterStart) / 1000)
    this.figures.seconds[this.#chapterName] = seconds
    console.log(`   (${seconds.toFixed(1)} s)`)
    this.#chapterName = ''
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
