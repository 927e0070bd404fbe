/** Why a schema has no strict form, at a place in it, or what its strict form does not take. */
export interface StrictReason {
  /** A JSON Pointer (RFC 6901) into the schema as it is sent otherwise. */
  readonly pointer: string;
  readonly reason: string;
  /** `true`: there is a strict form, which takes less here than the schema. @defaultValue false */
  readonly isNote?: boolean;
}
