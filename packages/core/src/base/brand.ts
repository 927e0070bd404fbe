/**
 * Marks an object as an instance of a class of this package. `instanceof` fails for an object of another copy of the package;
 * the key of a brand is the same in every copy.
 */
export function addBrand(object: object, className: string): void {
  Object.defineProperty(object, getBrandSymbol(className), { value: true });
}

/** Whether any copy of this package marked the value as an instance of this class. Never throws. */
export function hasBrand(value: unknown, className: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return getBrandSymbol(className) in value;
  } catch {
    return false; // A proxy may throw.
  }
}

function getBrandSymbol(className: string): symbol {
  return Symbol.for(`pawl.${className}`);
}
