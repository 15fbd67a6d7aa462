// Generated from contracts/VerifierRegistry.sol by `npm run generate`. Do not edit.
export const verifierRegistryAbi = [
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
    name: 'BlobNotCreated',
    inputs: [],
  },
  {
    type: 'error',
    name: 'CircuitUnknown',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyDeltaIsGamma',
    inputs: [],
  },
  {
    type: 'error',
    name: 'KeyDeltaReused',
    inputs: [],
  },
  {
    type: 'error',
    name: 'KeyInputCountWrong',
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
    name: 'KeyNotActivatable',
    inputs: [
      {
        name: 'activatableAt',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyNotAnnounced',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyNotInUse',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyNotUsable',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint256',
      },
      {
        name: 'isSunset',
        type: 'bool',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyPointAtInfinity',
    inputs: [
      {
        name: 'position',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyPointInvalid',
    inputs: [
      {
        name: 'position',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeyStoppedBefore',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
  },
  {
    type: 'error',
    name: 'KeySunsetPending',
    inputs: [
      {
        name: 'sunsetUntil',
        type: 'uint256',
      },
    ],
  },
  {
    type: 'error',
    name: 'PublicInputNotCanonical',
    inputs: [
      {
        name: 'position',
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
    name: 'KeyActivated',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
        indexed: true,
      },
      {
        name: 'version',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'previousUsableUntil',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'KeyAnnounced',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
        indexed: true,
      },
      {
        name: 'version',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'keyHash',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'activatableAt',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'event',
    name: 'KeyRetired',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
        indexed: true,
      },
      {
        name: 'version',
        type: 'uint32',
        indexed: true,
      },
    ],
  },
  {
    type: 'event',
    name: 'KeyStopped',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
        indexed: true,
      },
      {
        name: 'version',
        type: 'uint32',
        indexed: true,
      },
      {
        name: 'until',
        type: 'uint256',
        indexed: false,
      },
    ],
  },
  {
    type: 'function',
    name: 'ACTIVATION_DELAY',
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
    name: 'MAX_STOP',
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
    name: 'SUNSET',
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
    name: 'activateKey',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'activeVersion',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint32',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'announceKey',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'key',
        type: 'tuple',
        components: [
          {
            name: 'delta',
            type: 'uint256[4]',
          },
          {
            name: 'ic',
            type: 'uint256[2][]',
          },
        ],
      },
    ],
    outputs: [
      {
        name: 'version',
        type: 'uint32',
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
    name: 'commonKey',
    inputs: [],
    outputs: [
      {
        name: '',
        type: 'uint256[10]',
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
    name: 'keyBlob',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint256',
      },
      {
        name: 'isSunset',
        type: 'bool',
      },
    ],
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
    name: 'keyStatus',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
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
    name: 'latestVersion',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
    ],
    outputs: [
      {
        name: '',
        type: 'uint32',
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    name: 'retireKey',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
    outputs: [],
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
    name: 'stopKey',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint8',
      },
      {
        name: 'version',
        type: 'uint32',
      },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'verifyProof',
    inputs: [
      {
        name: 'circuitId',
        type: 'uint256',
      },
      {
        name: 'inputs',
        type: 'uint256[]',
      },
      {
        name: 'proof',
        type: 'uint256[8]',
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
] as const
