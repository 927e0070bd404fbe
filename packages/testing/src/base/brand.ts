/** The same brands as in `@pawl/core`: `isInstance` recognises errors of every loaded copy of this package. */
export function addBrand(object: object, className: string): void {
  Object.defineProperty(object, Symbol.for(`pawl.${className}`), { value: true });
}

/** Never throws. */
export function hasBrand(value: unknown, className: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return Symbol.for(`pawl.${className}`) in value;
  } catch {
    return false; // A proxy may throw.
  }
}
