/** The version of this package, which servers get. `test/package` compares it with package.json. */
export const VERSION = '0.1.0';
