import { ruleCodes } from '../../regulator/rules/document.ts'
import type { Suite } from '../row.ts'
import { measureOpenings } from '../supervisionOpenings.ts'
import { measureIndexing, measureRecall } from '../supervisionRules.ts'

export const suite: Suite = {
  name: 'supervision',
  summary: 'What rules find and say wrongly, records indexed a second, and openings by 3 of 5.',
  headlines: [
    'supervision.recordsIndexedPerSecond',
    'supervision.falseAlarms',
    'supervision.partial',
    'supervision.opening',
    'supervision.thousandRecords',
    ...ruleCodes.map((code) => `supervision.recall.${code}`),
  ],
  async run(say) {
    say('rules over made-up traffic with planted patterns')
    const recall = measureRecall()
    say('indexing')
    const indexing = await measureIndexing(say)
    say('openings')
    return [...recall, ...indexing, ...(await measureOpenings(say))]
  },
}
