// Generated from contracts/SupervisionRegistry.sol by `npm run generate`. Do not edit.
export const supervisionRegistryAbi = [
  {
    type: 'error',
    name: 'AccessManagedInvalidAuthority',
    inputs: [
      {
        name: 'authority',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'AccessManagedRequiredDelay',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
      {
        name: 'delay',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'AccessManagedUnauthorized',
    inputs: [
      {
        name: 'caller',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'EpochNotAfterLast',
    inputs: [
      {
        name: 'lastStartDay',
        type: 'uint256',
      },
      {
        name: 'startDay',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EpochTooFar',
    inputs: [
      {
        name: 'latestDay',
        type: 'uint256',
      },
      {
        name: 'startDay',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EpochTooSoon',
    inputs: [
      {
        name: 'earliestDay',
        type: 'uint256',
      },
      {
        name: 'startDay',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EpochUnknown',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'EpochsUnstarted',
    inputs: [
      {
        name: 'nextStartDay',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyNotOnCurve',
    inputs: [
      {
        name: 'x',
        type: 'uint256',
      },
      {
        name: 'y',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyOfLowOrder',
    inputs: [
      {
        name: 'x',
        type: 'uint256',
      },
      {
        name: 'y',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeysEqual',
    inputs: [],
  },
  {
    type: 'error',
    name: 'PossessionNotProved',
    inputs: [
      {
        name: 'kind',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'event',
    name: 'AuthorityUpdated',
    inputs: [
      {
        name: 'authority',
        type: 'address',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'EpochScheduled',
    inputs: [
      {
        name: 'epoch',
        type: 'uint16',
        indexed: true,
      },
      {
        name: 'startDay',
        type: 'uint16',
        indexed: false,
      },
      {
        name: 'statisticsKey',
        type: 'uint256[2]',
        indexed: false,
      },
      {
        name: 'investigationKey',
        type: 'uint256[2]',
        indexed: false,
      },
      {
        name: 'largeValueKey',
        type: 'uint256[2]',
        indexed: false,
      },
    ],
  },
  {
    type: 'function',
    name: 'KEY_DELAY',
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
    name: 'KIND_INVESTIGATION',
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
    name: 'KIND_LARGE_VALUE',
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
    name: 'KIND_STATISTICS',
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
    name: 'LONGEST_LEAD_DAYS',
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
    name: 'MAX_UNSTARTED_EPOCHS',
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
    name: 'authority',
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
    name: 'epochAt',
    inputs: [
      {
        name: 'epoch',
        type: 'uint16',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'startDay',
            type: 'uint16',
          },
          {
            name: 'statisticsKey',
            type: 'uint256[2]',
          },
          {
            name: 'investigationKey',
            type: 'uint256[2]',
          },
          {
            name: 'largeValueKey',
            type: 'uint256[2]',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'epochCount',
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
    name: 'epochOf',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint16',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'isConsumingScheduledOp',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'bytes4',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'keysOfDay',
    inputs: [
      {
        name: 'day',
        type: 'uint256',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint256[7]',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'possessionChallenge',
    inputs: [
      {
        name: 'epoch',
        type: 'uint16',
      },
      {
        name: 'kind',
        type: 'uint256',
      },
      {
        name: 'a',
        type: 'uint256[2]',
      },
      {
        name: 'r',
        type: 'uint256[2]',
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
    name: 'scheduleEpoch',
    inputs: [
      {
        name: 'startDay',
        type: 'uint16',
      },
      {
        name: 'statisticsKey',
        type: 'tuple',
        components: [
          {
            name: 'q',
            type: 'uint256[2]',
          },
          {
            name: 'r',
            type: 'uint256[2]',
          },
          {
            name: 's',
            type: 'uint256',
          },
        ],
      },
      {
        name: 'investigationKey',
        type: 'tuple',
        components: [
          {
            name: 'q',
            type: 'uint256[2]',
          },
          {
            name: 'r',
            type: 'uint256[2]',
          },
          {
            name: 's',
            type: 'uint256',
          },
        ],
      },
      {
        name: 'largeValueKey',
        type: 'tuple',
        components: [
          {
            name: 'q',
            type: 'uint256[2]',
          },
          {
            name: 'r',
            type: 'uint256[2]',
          },
          {
            name: 's',
            type: 'uint256',
          },
        ],
      },
    ],
    outputs: [
      {
        name: 'epoch',
        type: 'uint16',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'setAuthority',
    inputs: [
      {
        name: 'newAuthority',
        type: 'address',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const
