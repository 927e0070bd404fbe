/** The lower-case words of a text or a name, in order: `get_cityName` gives get, city, name. */
export function splitWords(text: string): readonly string[] {
  const spaced = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2');
  return spaced.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The distinct stems of the meaningful words. */
export function listStems(text: string): readonly string[] {
  const words = splitWords(text).filter((word) => !COMMON.has(word) && !/^\d+$/.test(word));
  return [...new Set(words.map(toStem))];
}

/** The common part of the forms of a word: convert, converts, converted and converting have one stem. */
export function toStem(word: string): string {
  const singular = word
    .toLowerCase()
    .replace(/(?<=..)(?:ies|ied)$/, 'y')
    .replace(/(?<=..[^s])s$/, '');
  return singular.replace(/(?<=...)(?:ing|ed)$/, '').replace(/(?<=...)[ey]$/, '');
}

/** Whether two stems are equal, or related for a tool: `weather` and `rain`. */
export function isRelated(left: string, right: string): boolean {
  return left === right || GROUPS.some((group) => group.has(left) && group.has(right));
}

const GROUPS: readonly ReadonlySet<string>[] = [
  'weather forecast temperature rain umbrella sunny degree cold warm hot',
  'currency money euro dollar exchange',
  'amount price cost total sum value',
  'add sum plus total',
  'file document folder directory path',
  'city town place location destination',
].map((group) => new Set(group.split(' ').map(toStem)));

/** Words of grammar and politeness, which have no meaning for a tool. */
export const COMMON: ReadonlySet<string> = new Set(
  `a an the this that these those it its i me my we us our you your he she they them their there here am is are was be do
  does did have has had can could may must should will would and or but if then than as at by for from in into of off on
  over to up with without about what which who when where why how please thanks yes no not also only too now get give tell
  let want need know say each every all any both some many much more next last other again`.split(/\s+/),
);

/** Words that open a request: no name begins with them, and a new part of the question may. */
export const OPENERS: ReadonlySet<string> = new Set(
  `add ask book buy call cancel check compare convert count create delete divide explain fetch find get give hello help hi
  is are list look make move multiply open order pay plan print put read refund remove run search send set show sum tell
  translate update use what who when where why how write`.split(/\s+/),
);
