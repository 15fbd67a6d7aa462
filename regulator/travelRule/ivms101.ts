import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { BaseError } from '../../protocol/errors.ts'

export class TravelRuleDataError extends BaseError {
  override readonly name = 'TravelRuleDataError'
  constructor({ reason }: { reason: string }) {
    super('The travel-rule data is not what IVMS101 asks for.', {
      code: 'TRAVEL_RULE_DATA_INVALID',
      // Paths and rules only: the data is about people.
      metaMessages: [`Reason: ${reason}`, 'Correct the data and try again.'],
    })
  }
}

// interVASP Messaging Standard IVMS101, data model of 2020: names as in the standard, closed to others.
const strict = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const oneOf = <T extends string>(...values: T[]) => Type.Unsafe<T>(Type.String({ enum: values }))
const optional = (schema: TSchema) => Type.Optional(schema)
const some = <T extends TSchema>(schema: T) => Type.Array(schema, { minItems: 1, maxItems: 20 })
/** ISO 3166-1 alpha-2. */
const Country = Type.String({ pattern: '^[A-Z]{2}$' })

const Address = Type.Object(
  {
    addressType: oneOf('HOME', 'BIZZ', 'GEOG'),
    department: optional(Text(50)),
    subDepartment: optional(Text(70)),
    streetName: optional(Text(70)),
    buildingNumber: optional(Text(16)),
    buildingName: optional(Text(35)),
    floor: optional(Text(70)),
    postBox: optional(Text(16)),
    room: optional(Text(70)),
    postCode: optional(Text(16)),
    townName: Text(35),
    townLocationName: optional(Text(35)),
    districtName: optional(Text(35)),
    countrySubDivision: optional(Text(35)),
    addressLine: optional(Type.Array(Text(70), { minItems: 1, maxItems: 7 })),
    country: Country,
  },
  strict,
)
const NationalIdentification = Type.Object(
  {
    nationalIdentifier: Text(35),
    nationalIdentifierType: oneOf(
      ...([
        'ARNU',
        'CCPT',
        'RAID',
        'DRLC',
        'FIIN',
        'TXID',
        'SOCS',
        'IDCD',
        'LEIX',
        'MISC',
      ] as const),
    ),
    countryOfIssue: Type.Optional(Country),
    registrationAuthority: Type.Optional(Type.String({ pattern: '^RA[0-9]{6}$' })),
  },
  strict,
)
const personName = <T extends TSchema>(identifier: T) =>
  Type.Object(
    {
      nameIdentifier: some(identifier),
      localNameIdentifier: Type.Optional(some(identifier)),
      phoneticNameIdentifier: Type.Optional(some(identifier)),
    },
    strict,
  )
const NaturalPerson = Type.Object(
  {
    name: personName(
      Type.Object(
        {
          primaryIdentifier: Text(100),
          secondaryIdentifier: Type.Optional(Text(100)),
          nameIdentifierType: oneOf('ALIA', 'BIRT', 'MAID', 'LEGL', 'MISC'),
        },
        strict,
      ),
    ),
    geographicAddress: Type.Optional(some(Address)),
    nationalIdentification: Type.Optional(NationalIdentification),
    customerIdentification: Type.Optional(Text(50)),
    dateAndPlaceOfBirth: Type.Optional(
      Type.Object(
        {
          dateOfBirth: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
          placeOfBirth: Text(70),
        },
        strict,
      ),
    ),
    countryOfResidence: Type.Optional(Country),
  },
  strict,
)
const LegalPerson = Type.Object(
  {
    name: personName(
      Type.Object(
        {
          legalPersonName: Text(100),
          legalPersonNameIdentifierType: oneOf('LEGL', 'SHRT', 'TRAD'),
        },
        strict,
      ),
    ),
    geographicAddress: Type.Optional(some(Address)),
    customerNumber: Type.Optional(Text(50)),
    nationalIdentification: Type.Optional(NationalIdentification),
    countryOfRegistration: Type.Optional(Country),
  },
  strict,
)
const Person = Type.Union([
  Type.Object({ naturalPerson: NaturalPerson }, strict),
  Type.Object({ legalPerson: LegalPerson }, strict),
])
type Person = Static<typeof Person>
const AccountNumbers = Type.Optional(some(Text(100)))

export const Ivms101 = Type.Object(
  {
    originator: Type.Object(
      { originatorPersons: some(Person), accountNumber: AccountNumbers },
      strict,
    ),
    beneficiary: Type.Object(
      { beneficiaryPersons: some(Person), accountNumber: AccountNumbers },
      strict,
    ),
    originatingVASP: Type.Object({ originatingVASP: Person }, strict),
    beneficiaryVASP: Type.Object({ beneficiaryVASP: Person }, strict),
    transferPath: Type.Optional(
      Type.Object(
        {
          transferPath: some(
            Type.Object(
              { intermediaryVASP: Person, sequence: Type.Integer({ minimum: 0 }) },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    payloadMetadata: Type.Optional(
      Type.Object(
        {
          transliterationMethod: Type.Optional(
            some(
              oneOf(
                ...(['arab', 'aran', 'armn', 'cyrl', 'deva', 'geor', 'grek', 'hani'] as const),
                ...(['hebr', 'kana', 'kore', 'thai', 'othr'] as const),
              ),
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type Ivms101 = Static<typeof Ivms101>

/**
 * Checks form and the standard's rules between fields. Says where, never what.
 *
 * @param today ISO date: nobody is born later.
 * @throws {TravelRuleDataError}
 */
export function readIvms101(value: unknown, today: string): Ivms101 {
  const fault = Value.Errors(Ivms101, value).First()
  if (fault !== undefined) fail(fault.path, fault.message)
  const data = value as Ivms101
  data.originator.originatorPersons.forEach((person, i) => {
    const path = `/originator/originatorPersons/${i}`
    checkPerson(path, person, today)
    // FATF Recommendation 16: beside the name one thing that tells its bearer from others.
    const isKnown =
      'naturalPerson' in person
        ? person.naturalPerson.geographicAddress !== undefined ||
          person.naturalPerson.nationalIdentification !== undefined ||
          person.naturalPerson.customerIdentification !== undefined ||
          person.naturalPerson.dateAndPlaceOfBirth !== undefined
        : person.legalPerson.geographicAddress !== undefined ||
          person.legalPerson.nationalIdentification !== undefined ||
          person.legalPerson.customerNumber !== undefined
    if (!isKnown) {
      fail(path, 'an originator has an address, an identification, a customer number or a birth')
    }
  })
  data.beneficiary.beneficiaryPersons.forEach((person, i) => {
    checkPerson(`/beneficiary/beneficiaryPersons/${i}`, person, today)
  })
  checkPerson('/originatingVASP', data.originatingVASP.originatingVASP, today)
  checkPerson('/beneficiaryVASP', data.beneficiaryVASP.beneficiaryVASP, today)
  data.transferPath?.transferPath.forEach(({ intermediaryVASP, sequence }, i) => {
    checkPerson(`/transferPath/${i}`, intermediaryVASP, today)
    if (sequence !== i) fail(`/transferPath/${i}`, 'sequence counts from 0 without gaps')
  })
  return data
}

function checkPerson(path: string, person: Person, today: string): void {
  if ('naturalPerson' in person) {
    const { name, dateAndPlaceOfBirth: birth } = person.naturalPerson
    if (!name.nameIdentifier.some(({ nameIdentifierType }) => nameIdentifierType === 'LEGL')) {
      fail(path, 'one name is the legal one')
    }
    if (birth !== undefined) {
      const isDate = !Number.isNaN(Date.parse(birth.dateOfBirth))
      if (!isDate || birth.dateOfBirth >= today) fail(path, 'a date of birth is in the past')
    }
  } else {
    const { nameIdentifier } = person.legalPerson.name
    const isNamed = nameIdentifier.some(
      ({ legalPersonNameIdentifierType: type }) => type === 'LEGL',
    )
    if (!isNamed) fail(path, 'one name is the legal one')
  }
  const inner = 'naturalPerson' in person ? person.naturalPerson : person.legalPerson
  for (const address of inner.geographicAddress ?? []) {
    const isStreet =
      address.streetName !== undefined &&
      (address.buildingName !== undefined || address.buildingNumber !== undefined)
    if (address.addressLine === undefined && !isStreet) {
      fail(path, 'an address has lines, or a street with a building')
    }
  }
}

function fail(path: string, rule: string): never {
  throw new TravelRuleDataError({ reason: `${path || '/'}: ${rule}` })
}
