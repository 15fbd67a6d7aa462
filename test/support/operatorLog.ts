/** A sequencer's log at its most talkative, as an operator could keep it. */
export class OperatorLog {
  readonly lines: string[] = []

  /** For `startSequencer({ logger })`. */
  get logger(): { level: string; stream: { write(line: string): void } } {
    return { level: 'trace', stream: { write: (line) => void this.lines.push(line) } }
  }

  /** What was said about a transfer, in order. */
  storyOf(statementId: string): string[] {
    return this.lines
      .filter((line) => line.includes(statementId))
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
  }

  /**
   * Of the words given those that stand in the log, whole: digits within a longer number do not count. Words that
   * follow each other count however they are separated, and numbers with or without 0x and leading zeros.
   */
  find(words: readonly string[]): string[] {
    const plain = (text: string) =>
      ` ${text
        .toLowerCase()
        .replace(/[^a-z0-9]+|0x/g, ' ')
        .replace(/\b0+\B/g, '')
        .trim()} `
    const text = plain(this.lines.join('\n'))
    return words.filter((word) => text.includes(plain(word)))
  }
}
