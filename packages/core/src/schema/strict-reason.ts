/** Why a schema has no strict form, or what its strict form does not allow, at one place of the schema. */
export interface StrictReason {
  /** A JSON Pointer (RFC 6901) into the schema as it is sent without `strict`. */
  readonly pointer: string;
  readonly reason: string;
  /** Whether this is a note: there is a strict form, and it allows fewer values here than the schema. @defaultValue false */
  readonly isNote?: boolean;
}
