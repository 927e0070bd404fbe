/** Of OpenAI's structured outputs: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const MOST = { properties: 5_000, depth: 10, values: 1_000, characters: 120_000 } as const;
/** Of one enum of texts with more than 250 values. */
const LONG_ENUM = { values: 250, characters: 15_000 } as const;

type GuardRefuse = (pointer: string, reason: string) => void;

/** Counts what a strict schema may have so many of. Each limit is told once, where it is passed. */
export class StrictLimits {
  readonly #refuse: GuardRefuse;
  #properties = 0;
  #values = 0;
  #characters = 0;
  #isTooDeep = false;

  constructor(refuse: GuardRefuse) {
    this.#refuse = refuse;
  }

  addProperty(pointer: string, name: string): void {
    if (this.#properties++ === MOST.properties) this.#refuse(pointer, `more than ${MOST.properties} properties`);
    this.addText(pointer, name);
  }

  addValues(pointer: string, values: readonly unknown[]): void {
    const before = this.#values;
    this.#values += values.length;
    if (before <= MOST.values && this.#values > MOST.values)
      this.#refuse(pointer, `more than ${MOST.values} values of enums`);
    const texts = values.filter((value) => typeof value === 'string');
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    if (texts.length > LONG_ENUM.values && length > LONG_ENUM.characters)
      this.#refuse(pointer, `an enum of more than ${LONG_ENUM.characters} characters`);
    for (const text of texts) this.addText(pointer, text);
  }

  addText(pointer: string, text: string): void {
    const before = this.#characters;
    this.#characters += text.length;
    if (before <= MOST.characters && this.#characters > MOST.characters)
      this.#refuse(pointer, `more than ${MOST.characters} characters in names and values`);
  }

  /** False where it is too deep: there is no point in looking further in. */
  checkDepth(pointer: string, depth: number): boolean {
    if (depth <= MOST.depth) return true;
    if (!this.#isTooDeep) this.#refuse(pointer, `objects more than ${MOST.depth} levels deep`);
    this.#isTooDeep = true;
    return false;
  }
}
