/**
 * Marks an object as one of a class of ours. Classes of another copy of this package are other classes, where `instanceof`
 * fails; the key of a brand is the same in every copy.
 */
export function addBrand(object: object, className: string): void {
  Object.defineProperty(object, getBrandSymbol(className), { value: true });
}

/** Whether any copy of this package has marked a value as one of that class. Never throws. */
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
