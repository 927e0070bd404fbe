/** The same as in `@pawl/core`: an error is known in every copy of this package that a process loads. */
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
