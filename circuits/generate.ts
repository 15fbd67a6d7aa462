import * as protocol from '../protocol/constants.ts'

const WARNING = 'Generated from protocol/constants.ts by `npm run generate`. Do not edit.'

/** snake upper case of a camel-case name: batchHeader → BATCH_HEADER. */
function upper(name: string): string {
  return name.replace(/([a-z])([A-Z0-9])/g, '$1_$2').toUpperCase()
}

function numbers(): [string, bigint | number][] {
  const { WORDS, DOMAINS, BATCH_CIRCUITS } = protocol
  const rows: [string, bigint | number][] = []
  for (const domain of DOMAINS) rows.push([`TAG_${domain}`, protocol.domainTag(domain)])
  rows.push(
    ['PROTOCOL_VERSION', protocol.PROTOCOL_VERSION],
    ['SCALAR_BITS', protocol.SCALAR_BITS],
    ['NULLIFIER_BITS', protocol.NULLIFIER_BITS],
    ['NOTE_TREE_DEPTH', protocol.NOTE_TREE_DEPTH],
    ['NULLIFIER_TREE_DEPTH', protocol.NULLIFIER_TREE_DEPTH],
    ['IDENTITY_TREE_DEPTH', protocol.IDENTITY_TREE_DEPTH],
    ['POLICY_TREE_DEPTH', protocol.POLICY_TREE_DEPTH],
    ['OUTPUTS_PER_SLOT', protocol.OUTPUTS_PER_SLOT],
    ['NOTES_OUT', protocol.NOTES_OUT],
    ['DEPOSITS_PER_SLOT', protocol.DEPOSITS_PER_SLOT],
    ['INITIAL_SLOT_COUNT', protocol.INITIAL_SLOT_COUNT],
    ['SPONGE_RATE', protocol.SPONGE_RATE],
    ['MAX_SUSPENSION_DAYS', protocol.MAX_SUSPENSION_DAYS],
    ['MEMO_BYTES', protocol.MEMO_BYTES],
    ['DEPOSIT_CIPHERTEXT_BYTES', protocol.DEPOSIT_CIPHERTEXT_BYTES],
    ['DEFAULT_SETTLE_WINDOW_SECONDS', protocol.DEFAULT_SETTLE_WINDOW_SECONDS],
  )
  const tables = {
    IDENTITY_STATUS: protocol.IDENTITY_STATUS,
    DESTINATION_KIND: protocol.DESTINATION_KIND,
    SLOT_KIND: protocol.SLOT_KIND,
    REGISTRY_MODE: protocol.REGISTRY_MODE,
  }
  for (const [table, values] of Object.entries(tables)) {
    for (const [name, value] of Object.entries(values)) rows.push([`${table}_${name}`, value])
  }
  for (const [name, id] of Object.entries(protocol.CIRCUIT_IDS)) {
    rows.push([`CIRCUIT_${name.replace('-', '_').toUpperCase()}`, id])
  }
  for (const [name, layout] of Object.entries(BATCH_CIRCUITS)) {
    const prefix = name.replace('-', '_').toUpperCase()
    rows.push([`${prefix}_TRANSFER_SLOTS`, layout.transferSlots])
    rows.push([`${prefix}_DEPOSITS`, layout.deposits])
  }
  for (const [name, inputs] of Object.entries(protocol.PUBLIC_INPUTS)) {
    const prefix = `N_${name.replace('-', '_').toUpperCase()}_INPUTS`
    rows.push([prefix, inputs.reduce((sum, [, count]) => sum + count, 0)])
  }
  for (const [word, fields] of Object.entries(WORDS)) {
    for (const [field, bits] of fields) {
      const name = `${upper(word)}_${upper(field)}`
      rows.push([`BITS_${name}`, bits])
    }
    let offset = 0
    for (const [field, bits] of fields) {
      rows.push([`OFFSET_${upper(word)}_${upper(field)}`, offset])
      offset += bits
    }
  }
  return rows
}

/**
 * No template reads the numbers of a circuit, and one line more in constants.circom would change the
 * hash of every circuit there is, and so all keys. Circuits that came after those keys are left out.
 */
const OUTSIDE_CIRCOM = /BATCH_64/

function circom(): string {
  const rows = numbers().filter(([name]) => !OUTSIDE_CIRCOM.test(name))
  const functions = rows.map(([name, value]) => `function ${name}() {\n    return ${value};\n}\n`)
  return `// SPDX-License-Identifier: GPL-3.0-or-later\n// ${WARNING}\npragma circom 2.1.9;\n\n${functions.join('\n')}`
}

function solidity(): string {
  const constants = numbers().map(([name, value]) => `uint256 constant ${name} = ${value};`)
  const positions = Object.entries(protocol.PUBLIC_INPUTS).flatMap(([circuit, inputs]) => {
    // collect's layout differs from transfer's only behind investigationCiphertext.
    let at = 0
    return inputs.map(([name, count]) => {
      const line = `uint256 constant INPUT_${circuit.replace('-', '_').toUpperCase()}_${upper(name)} = ${at};`
      at += count
      return line
    })
  })
  return [
    '// SPDX-License-Identifier: GPL-3.0-or-later',
    `// ${WARNING}`,
    'pragma solidity ^0.8.28;',
    '',
    '/// @dev Order of the BN254 scalar field.',
    `uint256 constant FIELD_ORDER = ${protocol.FIELD_ORDER};`,
    '/// @dev Order of the prime subgroup of Baby Jubjub.',
    `uint256 constant SUBGROUP_ORDER = ${protocol.SUBGROUP_ORDER};`,
    ...constants,
    ...positions,
    '',
  ].join('\n')
}

/** The generated copies of the constants table: path in the repository → contents. */
export function generate(): Promise<Map<string, string>> {
  return Promise.resolve(
    new Map([
      ['circuits/src/constants.circom', circom()],
      ['contracts/libraries/Constants.sol', solidity()],
    ]),
  )
}
