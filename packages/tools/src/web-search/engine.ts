/** One thing that was found. */
export interface SearchResult {
  readonly title: string;
  readonly url: string;
  /** What it says, in short. */
  readonly snippet: string;
}

export interface SearchContext {
  /** How many are wanted. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/** Whatever searches: one of `brave`, `tavily` and `searxng`, or a function of yours. */
export type SearchEngine = (query: string, context: SearchContext) => Promise<readonly SearchResult[]>;
