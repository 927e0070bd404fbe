/** A reason why OpenAI's server refuses a request. */
export interface RequestFault {
  readonly message: string;
  /** The place of the fault: `messages[2].tool_call_id`. */
  readonly param: string;
  readonly code: string | null;
}

/** A fault unless the value is an array with at least one element. */
export function checkArray(value: unknown, param: string): RequestFault | undefined {
  if (!Array.isArray(value)) return createTypeFault(value, param, 'an array of objects');
  if (value.length > 0) return undefined;
  const message = `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
  return { message, param, code: 'empty_array' };
}

export function createMissingFault(param: string): RequestFault {
  return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
}

/** A fault for a value that is not one of the supported values. */
export function createValueFault(value: unknown, param: string, values: string): RequestFault {
  return { message: `Invalid value: '${value}'. Supported values are: ${values}.`, param, code: 'invalid_value' };
}

export function createTypeFault(value: unknown, param: string, expected: string): RequestFault {
  const message = `Invalid type for '${param}': expected ${expected}, but got ${describeType(value)} instead.`;
  return { message, param, code: 'invalid_type' };
}

/** A fault unless the value is a valid name of a function. */
export function checkName(name: unknown, param: string): RequestFault | undefined {
  if (typeof name !== 'string') return createTypeFault(name, param, 'a string');
  if (name.length > MAX_NAME_LENGTH) {
    const message = `Invalid '${param}': string too long. Expected a string with maximum length ${MAX_NAME_LENGTH}, but got a string with length ${name.length} instead.`;
    return { message, param, code: 'string_above_max_length' };
  }
  if (/^[a-zA-Z0-9_-]+$/.test(name)) return undefined;
  const message = `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,${MAX_NAME_LENGTH}}$', but got '${name}'.`;
  return { message, param, code: 'invalid_value' };
}

const MAX_NAME_LENGTH = 64;

function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
