import { isRecord } from '../base/json.ts';

/**
 * Returns the value in a document that a local reference points to: `#`, `#/$defs/Node`. `undefined` if there is none.
 *
 * Libraries write names in references escaped, percent-encoded or plain, so each name is tried in every form. Never throws.
 */
export function resolvePointer(root: unknown, reference: string): unknown {
  if (reference === '#') return root;
  return reference.startsWith('#/') ? findAt(root, reference.slice(2).split('/')) : undefined;
}

/** Escapes a name for a JSON Pointer (RFC 6901). */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function findAt(place: unknown, parts: readonly string[]): unknown {
  if (parts.length === 0) return place;
  if (Array.isArray(place)) return findAt(place[Number(parts[0])], parts.slice(1));
  if (!isRecord(place)) return undefined;
  // A name may contain unescaped slashes.
  for (let count = 1; count <= parts.length; count++) {
    for (const name of listSpellings(parts.slice(0, count).join('/'))) {
      if (!Object.hasOwn(place, name)) continue;
      const found = findAt(place[name], parts.slice(count));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function listSpellings(name: string): readonly string[] {
  const decoded = decodePercent(name);
  return [name, unescapePointer(name), decoded, unescapePointer(decoded)];
}

function unescapePointer(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function decodePercent(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // The name contains a percent sign of its own.
  }
}
