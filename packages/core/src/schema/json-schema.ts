/** A JSON Schema document (2020-12 or draft-07), as sent in `FunctionObject.parameters`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
