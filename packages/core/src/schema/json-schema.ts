/** A JSON Schema document (2020-12 or draft-07), as sent in `FunctionObject.parameters`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Whether a value is a JSON scalar: null, a string, a boolean or a finite number. */
export function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
