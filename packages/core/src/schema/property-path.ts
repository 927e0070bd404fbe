/** A place in a JSON Schema as a place in the value: `['properties', 'when', 'items']` is `.when[]`. */
export function propertyPath(path: readonly (string | number)[]): string {
  let text = '';
  for (let i = 0; i < path.length; i++) {
    if (path[i] === 'properties') text += `.${path[++i]}`;
    else if (path[i] === 'items') text += '[]';
  }
  return text;
}
