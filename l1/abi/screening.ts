// Generated from contracts/Screening.sol by `npm run generate`. Do not edit.
export const screeningAbi = [
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
    name: 'DenialQuotaExhausted',
    inputs: [
      {
        name: 'quota',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ListingTimeInvalid',
    inputs: [
      {
        name: 'until',
        type: 'uint256',
      },
      {
        name: 'latest',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'NobodyNamed',
    inputs: [],
  },
  {
    type: 'error',
    name: 'ReasonInvalid',
    inputs: [
      {
        name: 'reason',
        type: 'uint16',
      },
    ],
  },
  {
    type: 'error',
    name: 'SourceMissing',
    inputs: [],
  },
  {
    type: 'event',
    name: 'AddressListed',
    inputs: [
      {
        name: 'account',
        type: 'address',
        indexed: true,
      },
      {
        name: 'version',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'listing',
        type: 'uint8',
        indexed: false,
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
    name: 'ListChanged',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'listing',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'reason',
        type: 'uint16',
        indexed: false,
      },
      {
        name: 'until',
        type: 'uint40',
        indexed: false,
      },
      {
        name: 'source',
        type: 'bytes32',
        indexed: true,
      },
    ],
  },
  {
    type: 'function',
    name: 'DENIAL_QUOTA',
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
    name: 'DEPOSITS_BY_LIST',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'bool',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'MAX_LISTING',
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
    name: 'REASON_NOT_ALLOWED',
    inputs: [],
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
    name: 'allow',
    inputs: [
      {
        name: 'accounts',
        type: 'address[]',
      },
      {
        name: 'until',
        type: 'uint40',
      },
      {
        name: 'source',
        type: 'bytes32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint64',
      },
    ],
    stateMutability: 'nonpayable',
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
    name: 'denialsToday',
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
    name: 'deny',
    inputs: [
      {
        name: 'accounts',
        type: 'address[]',
      },
      {
        name: 'reason',
        type: 'uint16',
      },
      {
        name: 'until',
        type: 'uint40',
      },
      {
        name: 'source',
        type: 'bytes32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint64',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'entryOf',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'tuple',
        components: [
          {
            name: 'listing',
            type: 'uint8',
          },
          {
            name: 'reason',
            type: 'uint16',
          },
          {
            name: 'until',
            type: 'uint40',
          },
          {
            name: 'version',
            type: 'uint64',
          },
        ],
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
    name: 'reasonAgainst',
    inputs: [
      {
        name: 'account',
        type: 'address',
      },
      {
        name: 'purpose',
        type: 'uint8',
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
    name: 'remove',
    inputs: [
      {
        name: 'accounts',
        type: 'address[]',
      },
      {
        name: 'source',
        type: 'bytes32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint64',
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
  {
    type: 'function',
    name: 'version',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint64',
      },
    ],
    stateMutability: 'view',
  },
] as const
