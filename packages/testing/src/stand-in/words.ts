/** Lower-case words of a text or a name, in order: `get_cityName` gives get, city, name. */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** The stems of the words that carry meaning, each once. */
export function stemsOf(text: string): readonly string[] {
  const words = wordsOf(text).filter((word) => !isCommon(word) && !/^\d+$/.test(word));
  return [...new Set(words.map(stem))];
}

/** What the forms of a word share: convert, converts, converted and converting are one. */
export function stem(word: string): string {
  const lower = word.toLowerCase();
  if (lower.length < 4) return lower;
  const bare = lower.replace(/(?:ies|ied)$/, 'y').replace(/(?<=[^s])s$/, '');
  return withoutEnding(bare)
    .replace(/(?<=...)y$/, 'i')
    .replace(/(?<=...)e$/, '');
}

function withoutEnding(word: string): string {
  const cut = word.length > 4 ? word.replace(/(?:ing|ed)$/, '') : word;
  if (cut === word || cut.length < 3) return word;
  return cut.length > 3 ? cut.replace(/([^lsz])\1$/, '$1') : cut;
}

/** Words of grammar and politeness, which say nothing about what is wanted. */
export function isCommon(word: string): boolean {
  return COMMON.has(word);
}

/** Verbs that open a wish: a sentence that starts with one has no name there, and a new clause may start with one. */
export function isOpener(word: string): boolean {
  return OPENERS.has(word) || QUESTION_WORDS.has(word);
}

const COMMON: ReadonlySet<string> = new Set(
  `a an the this that these those it its i me my mine we us our you your he she they them their there here
  am is are was were be been being do does did doing done have has had can could may might must shall should will would
  and or but nor so if then than as at by for from in into of off on onto out over per to up with without about within
  what which who whom whose when where why how please thanks thank hello hi hey ok yes no not also just only too very now
  get give tell let want need like know say each every all any both some many much more most next last other another
  again still already yet after before during until s t ll re ve d m via whether`.split(/\s+/),
);

const QUESTION_WORDS: ReadonlySet<string> = new Set(
  'what which who whom whose when where why how is are was were do does did can could will would should'.split(' '),
);

const OPENERS: ReadonlySet<string> = new Set(
  `add ask book buy calculate call cancel check compare compute convert copy count create delete describe divide do draw
  edit email explain fetch find fix forward get give help let list look make message move multiply open order pay plan
  please post print put query read refund remind remove rename reply run save schedule search send set show start stop
  subtract sum summarise summarize tell text transfer translate update upload use write hello hi hey thanks dear`.split(
    /\s+/,
  ),
);
