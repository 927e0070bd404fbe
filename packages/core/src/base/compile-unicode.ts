/**
 * A regular expression with the flags `g` and `u` for classes such as `\p{L}`. As literals an engine reads them with the file,
 * whether they are used or not, and the tables of one take half a millisecond.
 */
export function compileUnicode(source: TemplateStringsArray): RegExp {
  return new RegExp(String.raw(source), 'gu');
}
