// Generated from contracts/PolicyRegistry.sol by `npm run generate`. Do not edit.
export const policyRegistryAbi = [
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
    name: 'PoliciesTooMany',
    inputs: [
      {
        name: 'count',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'RootNotCanonical',
    inputs: [
      {
        name: 'root',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'VersionUnknown',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
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
    name: 'PolicyPublished',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'root',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'policies',
        type: 'tuple[]',
        indexed: false,
        components: [
          {
            name: 'tier',
            type: 'uint8',
          },
          {
            name: 'asset',
            type: 'uint16',
          },
          {
            name: 'perTransfer',
            type: 'uint64',
          },
          {
            name: 'perDay',
            type: 'uint64',
          },
          {
            name: 'accountCap',
            type: 'uint64',
          },
          {
            name: 'reportAbove',
            type: 'uint64',
          },
        ],
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
    name: 'current',
    inputs: [],
    outputs: [
      {
        name: 'version',
        type: 'uint64',
      },
      {
        name: 'root',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'isAcceptable',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
      },
      {
        name: 'settleWindow',
        type: 'uint256',
      },
    ],
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
    name: 'publish',
    inputs: [
      {
        name: 'root',
        type: 'uint256',
      },
      {
        name: 'policies',
        type: 'tuple[]',
        components: [
          {
            name: 'tier',
            type: 'uint8',
          },
          {
            name: 'asset',
            type: 'uint16',
          },
          {
            name: 'perTransfer',
            type: 'uint64',
          },
          {
            name: 'perDay',
            type: 'uint64',
          },
          {
            name: 'accountCap',
            type: 'uint64',
          },
          {
            name: 'reportAbove',
            type: 'uint64',
          },
        ],
      },
    ],
    outputs: [
      {
        name: 'version',
        type: 'uint64',
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'rootAt',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
      },
    ],
    outputs: [
      {
        name: 'root',
        type: 'uint256',
      },
      {
        name: 'supersededAt',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
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
