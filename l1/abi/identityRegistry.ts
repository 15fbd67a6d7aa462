// Generated from contracts/IdentityRegistry.sol by `npm run generate`. Do not edit.
export const identityRegistryAbi = [
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
    name: 'AppealKnown',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'appealHash',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'AppealNotOpen',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'appealHash',
        type: 'bytes32',
      },
    ],
  },
  {
    type: 'error',
    name: 'DestinationNotAnnounced',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
      },
      {
        name: 'newLeaf',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'DestinationTooSoon',
    inputs: [
      {
        name: 'allowedFrom',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'IdentityLimitInvalid',
    inputs: [
      {
        name: 'limit',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'IndexEmpty',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'IndexOfAnother',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
      },
      {
        name: 'index',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'IndexOutOfRange',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'IndexTaken',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'LeafInvalid',
    inputs: [
      {
        name: 'oldLeaf',
        type: 'uint256',
      },
      {
        name: 'newLeaf',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'ModeUnknown',
    inputs: [
      {
        name: 'mode',
        type: 'uint8',
      },
    ],
  },
  {
    type: 'error',
    name: 'OrderMismatch',
    inputs: [
      {
        name: 'mode',
        type: 'uint8',
      },
      {
        name: 'order',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'QuotaExhausted',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
      },
      {
        name: 'dailyQuota',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'RangeInvalid',
    inputs: [
      {
        name: 'firstIndex',
        type: 'uint32',
      },
      {
        name: 'endIndex',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'RangeTaken',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
      },
    ],
  },
  {
    type: 'error',
    name: 'RegistrationProofInvalid',
    inputs: [],
  },
  {
    type: 'error',
    name: 'RegistrationUnexpected',
    inputs: [],
  },
  {
    type: 'error',
    name: 'RegistryProofInvalid',
    inputs: [],
  },
  {
    type: 'error',
    name: 'SuspensionDayWrong',
    inputs: [
      {
        name: 'day',
        type: 'uint16',
      },
      {
        name: 'latest',
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
    name: 'AppealAnswered',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'appealHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'answerHash',
        type: 'bytes32',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'AppealFiled',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'appealHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'sender',
        type: 'address',
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
    name: 'DestinationAnnounced',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'newLeaf',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'allowedFrom',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'IdentityUpdated',
    inputs: [
      {
        name: 'version',
        type: 'uint64',
        indexed: true,
      },
      {
        name: 'index',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'newLeaf',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'mode',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'root',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'tracePoint',
        type: 'uint256[2]',
        indexed: false,
      },
      {
        name: 'sealedContents',
        type: 'bytes',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'RegistrarSet',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
        indexed: true,
      },
      {
        name: 'limits',
        type: 'tuple',
        indexed: false,
        components: [
          {
            name: 'firstIndex',
            type: 'uint32',
          },
          {
            name: 'endIndex',
            type: 'uint32',
          },
          {
            name: 'tierCap',
            type: 'uint8',
          },
          {
            name: 'dailyQuota',
            type: 'uint32',
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
    name: 'DESTINATION_DELAY',
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
    name: 'DISCLOSURES',
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
    name: 'IDENTITY_LIMIT',
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
    name: 'announceDestination',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'oldLeaf',
        type: 'uint256',
      },
      {
        name: 'newLeaf',
        type: 'uint256',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'answerAppeal',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'appealHash',
        type: 'bytes32',
      },
      {
        name: 'answerHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'appeal',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'appealHash',
        type: 'bytes32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'appealState',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
      {
        name: 'appealHash',
        type: 'bytes32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint8',
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
    name: 'limitsOf',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
      },
    ],
    outputs: [
      {
        name: 'limits',
        type: 'tuple',
        components: [
          {
            name: 'firstIndex',
            type: 'uint32',
          },
          {
            name: 'endIndex',
            type: 'uint32',
          },
          {
            name: 'tierCap',
            type: 'uint8',
          },
          {
            name: 'dailyQuota',
            type: 'uint32',
          },
        ],
      },
      {
        name: 'updatesToday',
        type: 'uint256',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'registrars',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'address[]',
      },
    ],
    stateMutability: 'view',
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
  {
    type: 'function',
    name: 'setRegistrar',
    inputs: [
      {
        name: 'registrar',
        type: 'address',
      },
      {
        name: 'limits',
        type: 'tuple',
        components: [
          {
            name: 'firstIndex',
            type: 'uint32',
          },
          {
            name: 'endIndex',
            type: 'uint32',
          },
          {
            name: 'tierCap',
            type: 'uint8',
          },
          {
            name: 'dailyQuota',
            type: 'uint32',
          },
        ],
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'tracePointOf',
    inputs: [
      {
        name: 'index',
        type: 'uint32',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint256[2]',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'update',
    inputs: [
      {
        name: 'change',
        type: 'tuple',
        components: [
          {
            name: 'mode',
            type: 'uint8',
          },
          {
            name: 'index',
            type: 'uint32',
          },
          {
            name: 'oldLeaf',
            type: 'uint256',
          },
          {
            name: 'newLeaf',
            type: 'uint256',
          },
          {
            name: 'newRoot',
            type: 'uint256',
          },
          {
            name: 'proof',
            type: 'uint256[8]',
          },
          {
            name: 'tracePoint',
            type: 'uint256[2]',
          },
          {
            name: 'registrationProof',
            type: 'uint256[8]',
          },
          {
            name: 'order',
            type: 'uint256',
          },
          {
            name: 'latestSuspension',
            type: 'uint16',
          },
          {
            name: 'sealedContents',
            type: 'bytes',
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
] as const
