/** Confluent's error codes: the first three digits are the HTTP status. */
export const errorCodes = {
  subjectNotFound: 40401,
  versionNotFound: 40402,
  schemaNotFound: 40403,
  subjectDeleted: 40404,
  subjectNotDeleted: 40405,
  versionDeleted: 40406,
  versionNotDeleted: 40407,
  noSubjectCompatibility: 40408,
  noSubjectMode: 40409,
  notFound: 404,
  readOnly: 40301,
  incompatible: 409,
  invalidSchema: 42201,
  invalidVersion: 42202,
  invalidCompatibility: 42203,
  invalidMode: 42204,
  notPermitted: 42205,
  invalidBody: 400,
  store: 50001,
} as const;

/** A request that is answered with an error of Confluent's. */
export class RegistryFault extends Error {
  readonly code: number;

  constructor(code: keyof typeof errorCodes, message: string) {
    super(message);
    this.name = 'RegistryFault';
    this.code = errorCodes[code];
  }
}
