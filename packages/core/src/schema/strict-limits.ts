/** The limits of OpenAI's structured outputs: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const MAX = { properties: 5_000, depth: 10, values: 1_000, characters: 120_000 } as const;
/** The limit on the characters of one enum with more than 250 texts. */
const LONG_ENUM = { values: 250, characters: 15_000 } as const;

type ReportReason = (pointer: string, reason: string) => void;

/** Counts against the limits of a strict schema. Reports each limit once, at the place that exceeds it. */
export class StrictLimits {
  readonly #refuse: ReportReason;
  #properties = 0;
  #values = 0;
  #characters = 0;
  #isTooDeep = false;

  constructor(refuse: ReportReason) {
    this.#refuse = refuse;
  }

  addProperty(pointer: string, name: string): void {
    if (this.#properties++ === MAX.properties) this.#refuse(pointer, `more than ${MAX.properties} properties`);
    this.addText(pointer, name);
  }

  addValues(pointer: string, values: readonly unknown[]): void {
    const before = this.#values;
    this.#values += values.length;
    if (before <= MAX.values && this.#values > MAX.values)
      this.#refuse(pointer, `more than ${MAX.values} values of enums`);
    const texts = values.filter((value) => typeof value === 'string');
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    if (texts.length > LONG_ENUM.values && length > LONG_ENUM.characters)
      this.#refuse(pointer, `an enum of more than ${LONG_ENUM.characters} characters`);
    for (const text of texts) this.addText(pointer, text);
  }

  addText(pointer: string, text: string): void {
    const before = this.#characters;
    this.#characters += text.length;
    if (before <= MAX.characters && this.#characters > MAX.characters)
      this.#refuse(pointer, `more than ${MAX.characters} characters in names and values`);
  }

  /** Returns `false` if an object is too deep to render. */
  checkDepth(pointer: string, depth: number): boolean {
    if (depth <= MAX.depth) return true;
    if (!this.#isTooDeep) this.#refuse(pointer, `objects more than ${MAX.depth} levels deep`);
    this.#isTooDeep = true;
    return false;
  }
}
