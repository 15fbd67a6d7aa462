/** Random numbers from a seed, so that a run can be made again. xorshift32. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Values at which decoders change their mind. */
const oddNumbers = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
const oddText = [
  ...[
    'null',
    'true',
    '-1',
    '1e400',
    '0.5',
    '""',
    '"0x"',
    '[]',
    '{}',
    '[[[[',
    '"__proto__"',
    '\\u0000',
  ],
  ...['9007199254740993', '18446744073709551616', '\ud800', '\u202e', '0x', 'f', '"', ',', ':'],
].map((text) => new TextEncoder().encode(text))

const MAX_BYTES = 8_192

/** One input made from another, and sometimes from a second one. */
export function mutate(
  random: (below: number) => number,
  input: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  let bytes = input
  for (let rounds = 1 + random(4); rounds > 0; rounds--) bytes = mutateOnce(random, bytes, other)
  return bytes.slice(0, MAX_BYTES)
}

function mutateOnce(
  random: (below: number) => number,
  bytes: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  const at = random(bytes.length + 1)
  const length = 1 + random(8)
  const [head, tail] = [bytes.slice(0, at), bytes.slice(at)]
  switch (random(8)) {
    case 0: {
      const copy = bytes.slice()
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random(8))
      return copy
    }
    case 1: {
      const copy = bytes.slice()
      if (at < copy.length) copy[at] = random(256)
      return copy
    }
    case 2:
      return join(head, tail.slice(length))
    case 3:
      return join(head, tail.slice(0, length), tail)
    case 4:
      return join(head, oddText[random(oddText.length)] ?? head, tail.slice(random(2) * length))
    case 5: {
      const number = oddNumbers[random(oddNumbers.length)] ?? 0
      const copy = bytes.slice()
      const view = new DataView(copy.buffer, copy.byteOffset, copy.byteLength)
      if (at + 4 <= copy.length) view.setUint32(at, number, random(2) === 0)
      return copy
    }
    case 6: {
      const from = random(other.length + 1)
      return join(head, other.slice(from, from + random(64)), tail)
    }
    default:
      return head
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
