// Generated from contracts/Rollup.sol by `npm run generate`. Do not edit.
export const rollupAbi = [
  {
    type: 'error',
    name: 'AmountZero',
    inputs: [],
  },
  {
    type: 'error',
    name: 'AnchorUnknown',
    inputs: [
      {
        name: 'batchNumber',
        type: 'uint256',
      },
      {
        name: 'anchorBatch',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'BatchCircuitUnknown',
    inputs: [
      {
        name: 'circuit',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'BatchEmpty',
    inputs: [
      {
        name: 'batchNumber',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'BatchOutOfOrder',
    inputs: [
      {
        name: 'expected',
        type: 'uint256',
      },
      {
        name: 'actual',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'BatchTooLarge',
    inputs: [
      {
        name: 'count',
        type: 'uint256',
      },
      {
        name: 'limit',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotForcedQueue',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'CallerNotPlainAccount',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'ContextUnknown',
    inputs: [
      {
        name: 'context',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DataEmpty',
    inputs: [],
  },
  {
    type: 'error',
    name: 'DataLengthWrong',
    inputs: [
      {
        name: 'expected',
        type: 'uint256',
      },
      {
        name: 'actual',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DataVersionUnknown',
    inputs: [
      {
        name: 'version',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DayInFuture',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
      {
        name: 'today',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DayOutdated',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
      {
        name: 'earliest',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DeploymentInconsistent',
    inputs: [
      {
        name: 'subject',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'FeeTooHigh',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
      {
        name: 'amount',
        type: 'uint256',
      },
      {
        name: 'maxFee',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'FeesTooHigh',
    inputs: [
      {
        name: 'asset',
        type: 'uint256',
      },
      {
        name: 'total',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ForcedOutOfOrder',
    inputs: [
      {
        name: 'head',
        type: 'uint256',
      },
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ForcedOverdue',
    inputs: [
      {
        name: 'id',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ForcedSkipped',
    inputs: [
      {
        name: 'head',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'IdentityVersionOutdated',
    inputs: [
      {
        name: 'version',
        type: 'uint256',
      },
      {
        name: 'supersededAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NullifierZero',
    inputs: [],
  },
  {
    type: 'error',
    name: 'PolicyVersionOutdated',
    inputs: [
      {
        name: 'version',
        type: 'uint256',
      },
      {
        name: 'supersededAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ProofsInvalid',
    inputs: [],
  },
  {
    type: 'error',
    name: 'SlotKindUnknown',
    inputs: [
      {
        name: 'kind',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'SlotVoidRefused',
    inputs: [],
  },
  {
    type: 'error',
    name: 'TreesFull',
    inputs: [
      {
        name: 'newSlotCount',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'WordNotCanonical',
    inputs: [
      {
        name: 'word',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'event',
    name: 'BatchSettled',
    inputs: [
      {
        name: 'batchNumber',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'noteRoot',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'nullifierRoot',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'oldSlotCount',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'newSlotCount',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'circuitId',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'feeRecipient',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'function',
    name: 'CLOCK',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'DOMAIN',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'FORCED',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'IDENTITIES',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'POLICIES',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'PROPOSERS',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'SETTLE_WINDOW',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'SUPERVISION',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'VAULT',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'VERIFIERS',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'noteForcedEntry',
    inputs: [],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'noteRootOf',
    inputs: [
      {
        name: 'batchNumber',
        type: 'uint64',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'settle',
    inputs: [
      {
        name: 'data',
        type: 'bytes',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'settledAt',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint64',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'state',
    inputs: [],
    outputs: [
      {
        name: 'batchNumber',
        type: 'uint64',
      },
      {
        name: 'slotCount',
        type: 'uint64',
      },
      {
        name: 'noteRoot',
        type: 'uint256',
      },
      {
        name: 'nullifierRoot',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
] as const
