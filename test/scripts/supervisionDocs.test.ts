import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ruleCodes } from '../../regulator/rules/document.ts'
import { roles } from '../../regulator/store/account.ts'

const pages = globSync('docs/supervision*')

describe('the guide for regulators', () => {
  test('default: is there in two languages', () => {
    assert.deepEqual(pages.sort(), ['docs/supervision.md', 'docs/supervision.zh.md'])
  })

  for (const page of pages) {
    const text = readFileSync(page, 'utf8')
    test(`behavior: ${page} says that accounts are confidential and identifiable, and never the other word`, () => {
      // Confidential from the public, identifiable under an order: the other word would promise what is not so.
      assert.doesNotMatch(text, /anonym|匿名/i)
      assert.match(text, /confidential and identifiable|保密且可识别/)
    })
    test(`behavior: ${page} names every rule and every role`, () => {
      for (const name of [...ruleCodes, ...roles]) assert.ok(text.includes(name), name)
    })
  }
})
