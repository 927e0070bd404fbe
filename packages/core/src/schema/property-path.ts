/** Converts a path in a JSON Schema to a path in the value: `['properties', 'when', 'items']` becomes `.when[]`. */
export function toPropertyPath(path: readonly (string | number)[]): string {
  let text = '';
  for (let i = 0; i < path.length; i++) {
    if (path[i] === 'properties') text += `.${path[++i]}`;
    else if (path[i] === 'items') text += '[]';
  }
  return text;
}
