import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ed25519 } from '@noble/curves/ed25519.js'
import { mulBase8 } from '../../../protocol/babyjubjub.ts'
import { deal } from '../../../protocol/committee/dealing.ts'
import { TooFewDealersError } from '../../../protocol/committee/finishCeremony.ts'
import { isSamePoint } from '../../../protocol/committee/groupPoints.ts'
import { lagrangeAtZero, modOrder, randomScalar } from '../../../protocol/committee/scalars.ts'
import { bytesToHex, formatField } from '../../../protocol/field.ts'
import { encodeCommittee, encodeDealing, encodePoint } from '../../../regulator/committee/bodies.ts'
import {
  addMessages,
  type Participant,
  type Progress,
  type Run,
  step,
} from '../../../regulator/committee/ceremonyRun.ts'
import { agreeOn, type AgreedCeremony } from '../../../regulator/committee/description.ts'
import { type Message, readMessage, signMessage } from '../../../regulator/committee/envelope.ts'
import {
  DescriptionInvalidError,
  MessageRefusedError,
  NotAMemberError,
  ShareMissingError,
  TranscriptsDifferError,
} from '../../../regulator/committee/errors.ts'
import { random } from '../../support/committees.ts'

type Person = Participant & { readonly encryptionKey: { x: string; y: string } }

function people(count: number): Person[] {
  return Array.from({ length: count }, () => {
    const signingSecret = random(32)
    const encryptionSecret = randomScalar(random)
    return {
      signingSecret,
      signingKey: bytesToHex(ed25519.getPublicKey(signingSecret)),
      encryptionSecret,
      encryptionKey: encodePoint(mulBase8(encryptionSecret)),
    }
  })
}

const describeMembers = (list: readonly Person[]) =>
  list.map(({ signingKey, encryptionKey }, i) => ({
    index: i + 1,
    name: `Member ${String(i + 1)}`,
    encryptionKey,
    signingKey,
  }))

function aDescription(list: readonly Person[], threshold: number, more: object = {}): object {
  return {
    version: 1,
    chainId: '31337',
    registry: '0x00000000000000000000000000000000000000aa',
    epoch: 1,
    kind: 'investigation',
    threshold,
    members: describeMembers(list),
    nonce: formatField(randomScalar(random)),
    ...more,
  }
}

/** Changes what a member sends to another. */
type Tamper = (message: Message, to: number) => Message | undefined

/**
 * Steps everybody until nothing new is said. When nobody has anything to say any more, the rounds of `close` are closed, one
 * after the other, as operators do who see whom they wait for.
 */
function hold(
  agreed: AgreedCeremony,
  list: readonly Person[],
  {
    tamper = (message) => message,
    absent = [],
    close = [],
    begun = {},
  }: {
    tamper?: Tamper
    absent?: readonly number[]
    close?: readonly Message['type'][]
    /** Where a member starts that does not start from nothing. */
    begun?: Readonly<Record<number, Run>>
  } = {},
): { progress: Progress[]; runs: Run[] } {
  const runs: Run[] = list.map((_, i) => begun[i + 1] ?? { messages: [] })
  const progress: Progress[] = []
  const round = (closing: Message['type'] | undefined): boolean => {
    let isTalking = false
    list.forEach((person, i) => {
      if (absent.includes(i + 1)) return
      const stepped = step(agreed, person, runs[i] ?? { messages: [] }, {
        ...(closing === undefined ? {} : { close: closing }),
        randomBytes: random,
      })
      runs[i] = stepped.run
      progress[i] = stepped.progress
      for (const message of stepped.outgoing) {
        isTalking = true
        list.forEach((_, to) => {
          const sent = to === i ? undefined : tamper(message, to + 1)
          if (sent === undefined) return
          runs[to] = addMessages(runs[to] ?? { messages: [] }, [readMessage(agreed, sent)])
        })
      }
    })
    return isTalking
  }
  const talk = (): void => {
    while (round(undefined));
  }
  talk()
  for (const type of close) {
    round(type)
    talk()
  }
  return { progress, runs }
}

function failed(progress: Progress | undefined): Error {
  assert.ok(progress?.phase === 'failed')
  return progress.error
}

function done(progress: Progress | undefined): Extract<Progress, { phase: 'done' }> {
  assert.equal(progress?.phase, 'done')
  return progress
}

const secretFrom = (indexes: readonly number[], shares: readonly (bigint | undefined)[]) =>
  indexes.reduce(
    (sum, index) => modOrder(sum + lagrangeAtZero(indexes, index) * (shares[index - 1] ?? 0n)),
    0n,
  )

describe('five members make a key that three can use', () => {
  const list = people(5)
  const agreed = agreeOn(aDescription(list, 3))
  const { progress, runs } = hold(agreed, list)

  test('all come to the same key, and their shares are of it', () => {
    const results = progress.map(done)
    const { committee } = results[0]?.outcome ?? assert.fail()
    for (const { outcome } of results) assert.deepEqual(outcome.committee, committee)
    const shares = results.map(({ share }) => share)
    assert.ok(isSamePoint(mulBase8(secretFrom([1, 4, 5], shares)), committee.publicKey))
  })

  test('a member that crashed and lost nothing but its memory says the same again', () => {
    // Its messages and its own dealing were kept; stepping again says nothing new.
    const again = step(agreed, list[0] ?? assert.fail(), runs[0] ?? assert.fail(), {
      randomBytes: random,
    })
    assert.deepEqual(again.outgoing, [])
    assert.deepEqual(done(again.progress).share, done(progress[0]).share)
  })

  test('messages in any order, and twice, come to the same', () => {
    const person = list[2] ?? assert.fail()
    const [all] = runs
    const shuffled = [...(all?.messages ?? [])].reverse()
    const run = addMessages(addMessages({ messages: [] }, shuffled), shuffled)
    assert.equal(run.messages.length, shuffled.length)
    const stepped = step(agreed, person, run, { randomBytes: random })
    assert.deepEqual(stepped.outgoing, [])
    assert.deepEqual(done(stepped.progress).outcome, done(progress[0]).outcome)
  })

  test('a stranger takes no part', () => {
    const [stranger] = people(1)
    assert.throws(
      () => step(agreed, stranger ?? assert.fail(), { messages: [] }, { randomBytes: random }),
      NotAMemberError,
    )
  })

  test('the committee survives its JSON form', () => {
    const { committee } = done(progress[0]).outcome
    const body = encodeCommittee(committee, agreed.description.members)
    const handingOver = agreeOn(
      aDescription(people(3), 2, { from: JSON.parse(JSON.stringify(body)) as object }),
    )
    assert.deepEqual(handingOver.ceremony.from, committee)
  })
})

describe('waiting and going on', () => {
  const list = people(4)
  const agreed = agreeOn(aDescription(list, 2))

  test('a round waits for everybody, and says for whom', () => {
    const { progress } = hold(agreed, list, { absent: [3] })
    for (const i of [0, 1, 3]) {
      assert.deepEqual(progress[i], {
        phase: 'announcing',
        missing: { type: 'announce', from: [3] },
      })
    }
  })

  test('rounds that are closed go on without who never came', () => {
    const { progress } = hold(agreed, list, {
      absent: [3],
      close: ['announce', 'judge', 'confirm'],
    })
    const results = [0, 1, 3].map((i) => done(progress[i]))
    for (const { outcome } of results) assert.deepEqual(outcome.qualified, [1, 2, 4])
    const shares = [results[0]?.share, results[1]?.share, undefined, results[2]?.share]
    const { publicKey } = results[0]?.outcome.committee ?? assert.fail()
    assert.ok(isSamePoint(mulBase8(secretFrom([1, 4], shares)), publicKey))
  })

  test('what comes after its round was closed does not count', () => {
    const { runs } = hold(agreed, list, {
      absent: [3],
      close: ['announce', 'judge', 'confirm'],
    })
    const late = step(agreed, list[2] ?? assert.fail(), { messages: [] }, { randomBytes: random })
    const [first] = runs
    const run = addMessages(first ?? assert.fail(), late.outgoing)
    const stepped = step(agreed, list[0] ?? assert.fail(), run, { randomBytes: random })
    assert.deepEqual(done(stepped.progress).outcome.qualified, [1, 2, 4])
  })

  test('members who closed a round differently find out before they use the key', () => {
    // Member 3's dealing reaches 1 and 2 only; 4 closes the round without it.
    const { progress } = hold(agreed, list, {
      tamper: (message, to) =>
        message.type === 'deal' && message.from === 3 && to === 4 ? undefined : message,
      close: ['deal'],
    })
    for (const i of [0, 1, 2, 3]) assert.ok(failed(progress[i]) instanceof TranscriptsDifferError)
  })

  test('fewer confirmations than the threshold make no key, closed or not', () => {
    const three = people(3)
    const all = agreeOn(aDescription(three, 3))
    const { progress } = hold(all, three, {
      tamper: (message) => (message.type === 'confirm' ? undefined : message),
      close: ['confirm'],
    })
    assert.equal(progress[0]?.phase, 'confirming')
  })
})

describe('members that cheat', () => {
  const list = people(4)
  const agreed = agreeOn(aDescription(list, 2))
  const [, second] = list
  assert.ok(second)
  /** What member 2 would say of another dealing of its own. */
  const otherDealing = encodeDealing(deal(agreed.ceremony, { dealer: 2, randomBytes: random }))
  const sign = (message: Message, body: object): Message => {
    const { signature, ...rest } = message
    assert.ok(signature)
    return signMessage({ ...rest, body } as never, second.signingSecret)
  }

  test('a share of another polynomial to one of them: it is out, for everybody', () => {
    const honest = deal(agreed.ceremony, { dealer: 2, randomBytes: random })
    const [wrong] = deal(agreed.ceremony, { dealer: 2, randomBytes: random }).shares
    assert.ok(wrong)
    const ownDealing = { ...honest, shares: [wrong, ...honest.shares.slice(1)] }
    const { progress } = hold(agreed, list, { begun: { 2: { messages: [], ownDealing } } })
    for (const { outcome } of progress.map(done)) {
      assert.deepEqual(outcome.qualified, [1, 3, 4])
      assert.deepEqual(outcome.faults, [{ member: 2, reason: 'wrongShare' }])
    }
  })

  test('different dealings to different members: nobody uses the key', () => {
    const { progress } = hold(agreed, list, {
      tamper: (message, to) =>
        message.type === 'deal' && message.from === 2 && to === 4
          ? sign(message, otherDealing)
          : message,
    })
    for (const i of [0, 2, 3]) assert.ok(failed(progress[i]) instanceof TranscriptsDifferError)
  })

  test('a transcript that nobody else has: they find out', () => {
    const { progress } = hold(agreed, list, {
      tamper: (message) =>
        message.type === 'confirm' && message.from === 2
          ? sign(message, { ...message.body, transcript: `0x${'11'.repeat(32)}` })
          : message,
    })
    const error = failed(progress[0])
    assert.ok(error instanceof TranscriptsDifferError)
    assert.match(error.message, /one view: 2/)
  })

  test('too many that cheat leave no key', () => {
    const { progress } = hold(agreed, list, {
      tamper: (message) => {
        if (message.type !== 'deal' || message.from === 1) return message
        const { signature, ...rest } = message
        assert.ok(signature)
        const [first, ...others] = message.body.commitments
        assert.ok(first)
        const body = { ...message.body, commitments: [...others, first] }
        const author = list[message.from - 1] ?? assert.fail()
        return signMessage({ ...rest, body }, author.signingSecret)
      },
    })
    assert.ok(failed(progress[0]) instanceof TooFewDealersError)
  })
})

describe('messages from outside', () => {
  const list = people(2)
  const agreed = agreeOn(aDescription(list, 2))
  const [one, two] = list
  assert.ok(one && two)
  const [message] = step(agreed, one, { messages: [] }, { randomBytes: random }).outgoing
  assert.ok(message?.type === 'announce')
  const refused: Record<string, unknown> = {
    'that is no object': 'announce',
    'of an unknown type': { ...message, type: 'shout' },
    'with a field too many': { ...message, extra: 1 },
    'with an index of nobody': { ...message, from: 3 },
    'with index 0': { ...message, from: 0 },
    'in the name of another': { ...message, from: 2 },
    'with another body': { ...message, body: { dealing: `0x${'22'.repeat(32)}` } },
    'with upper-case digits': { ...message, body: { dealing: message.body.dealing.toUpperCase() } },
    'of another ceremony': { ...message, ceremony: `0x${'33'.repeat(32)}` },
    'without a signature': { ...message, signature: undefined },
    'signed by another': signMessage(
      { version: 1, ceremony: agreed.id, type: 'announce', from: 1, body: message.body },
      two.signingSecret,
    ),
  }
  for (const [name, value] of Object.entries(refused)) {
    test(`${name}: refused`, () =>
      assert.throws(() => readMessage(agreed, value), MessageRefusedError))
  }
  test('as it was sent: read', () => assert.deepEqual(readMessage(agreed, { ...message }), message))

  test('replayed into a ceremony of the same members: refused', () => {
    const again = agreeOn(aDescription(list, 2))
    assert.throws(() => readMessage(again, message), MessageRefusedError)
  })
})

describe('descriptions', () => {
  const list = people(3)
  const good = aDescription(list, 2) as { members: { signingKey: string }[] }
  const refused: Record<string, unknown> = {
    nothing: undefined,
    'a threshold too high': { ...good, threshold: 4 },
    'a repeated signing key': {
      ...good,
      members: good.members.map((member) => ({
        ...member,
        signingKey: good.members[0]?.signingKey,
      })),
    },
    'an unknown field': { ...good, comment: 'x' },
    'a chain id that is no number': { ...good, chainId: '0x1' },
    'an encryption key off the curve': {
      ...good,
      members: good.members.map((member) => ({
        ...member,
        encryptionKey: { x: formatField(1n), y: formatField(1n) },
      })),
    },
  }
  for (const [name, value] of Object.entries(refused)) {
    test(`${name}: refused`, () => assert.throws(() => agreeOn(value), DescriptionInvalidError))
  }
  test('every part of one is in its name', () => {
    const ids = [
      good,
      { ...good, epoch: 2 },
      { ...good, chainId: '1' },
      { ...good, kind: 'statistics' },
      { ...good, threshold: 3 },
      { ...good, members: describeMembers([...list].reverse()) },
      {
        ...good,
        members: good.members.map((member, i) => ({ ...member, name: `Other ${String(i)}` })),
      },
    ].map((description) => agreeOn(description).id)
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('handing the key over', () => {
  const old = people(3)
  const agreed = agreeOn(aDescription(old, 2))
  const { progress } = hold(agreed, old)
  const results = progress.map(done)
  const { committee } = results[0]?.outcome ?? assert.fail()
  const from = encodeCommittee(committee, agreed.description.members)
  const withShares = old.map((person, i) => ({
    ...person,
    ...(results[i]?.share === undefined ? {} : { presentShare: results[i].share }),
  }))

  test('to new members, some of them the old ones, with another threshold', () => {
    const fresh = people(3)
    const list = [...fresh, withShares[0] ?? assert.fail()]
    const next = agreeOn(aDescription(list, 3, { from }))
    // Old members who are not new ones take part as dealers only.
    const everybody = [...list, ...withShares.slice(1)]
    const { progress: handed } = hold(next, everybody)
    const outcomes = handed.map(done)
    for (const { outcome } of outcomes) {
      assert.deepEqual(outcome.committee.publicKey, committee.publicKey)
    }
    const shares = outcomes.slice(0, 4).map(({ share }) => share)
    assert.ok(isSamePoint(mulBase8(secretFrom([1, 2, 4], shares)), committee.publicKey))
    assert.equal(outcomes[4]?.share, undefined)
  })

  test('needs the present share', () => {
    const next = agreeOn(aDescription(people(2), 2, { from }))
    for (const presentShare of [undefined, 5n]) {
      const { presentShare: _, ...first } = withShares[0] ?? assert.fail()
      assert.throws(
        () =>
          step(
            next,
            { ...first, ...(presentShare === undefined ? {} : { presentShare }) },
            { messages: [] },
            { randomBytes: random },
          ),
        ShareMissingError,
      )
    }
  })
})
