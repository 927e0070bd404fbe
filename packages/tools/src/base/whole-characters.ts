/** Moves an end position back by one code unit if it would split a character. */
export function alignEnd(text: string, place: number): number {
  return isInsidePair(text, place) ? place - 1 : place;
}

/** Returns the first `maxLength` code units, or one less if the last one would be half a character. */
export function sliceStart(text: string, maxLength: number): string {
  return text.slice(0, alignEnd(text, maxLength));
}

/** Moves a start position forward by one code unit if it would split a character. */
export function alignStart(text: string, place: number): number {
  return isInsidePair(text, place) ? place + 1 : place;
}

/** Whether a position is between the two halves of a surrogate pair. */
function isInsidePair(text: string, place: number): boolean {
  const before = text.charCodeAt(place - 1);
  const after = text.charCodeAt(place);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
