export type { Cassette, CassetteMode, CassetteOptions } from './cassette.ts';
export { cassette } from './cassette.ts';
export type { CassetteFromOptions } from './cassette-from.ts';
export { cassetteFrom } from './cassette-from.ts';
export { CassetteError } from './errors.ts';
export type { CassetteFetch } from './play-entry.ts';
