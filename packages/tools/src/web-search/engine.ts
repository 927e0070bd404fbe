/** A result of a search. */
export interface SearchResult {
  readonly title: string;
  readonly url: string;
  /** A short text of the page. */
  readonly snippet: string;
}

export interface SearchContext {
  /** The number of wanted results. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/** A search engine: created by `brave`, `tavily` or `searxng`, or your own function. */
export type SearchEngine = (query: string, context: SearchContext) => Promise<readonly SearchResult[]>;
