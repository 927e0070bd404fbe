/** A JSON Schema document (2020-12 or draft-07), as sent in `FunctionObject.parameters`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Whether a constant of a schema library is one that JSON has. */
export function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
