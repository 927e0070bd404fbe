/** Where a text may end: this place, or the one before, where it would cut a character in two. */
export function alignEnd(text: string, place: number): number {
  return isInsidePair(text, place) ? place - 1 : place;
}

/** The beginning of a text, a code unit shorter where it would end with half a character. */
export function sliceStart(text: string, maxLength: number): string {
  return text.slice(0, alignEnd(text, maxLength));
}

/** Where a text may start: this place, or the next one, where it would cut a character in two. */
export function alignStart(text: string, place: number): number {
  return isInsidePair(text, place) ? place + 1 : place;
}

/** Between the two halves of a surrogate pair. */
function isInsidePair(text: string, place: number): boolean {
  const before = text.charCodeAt(place - 1);
  const after = text.charCodeAt(place);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
