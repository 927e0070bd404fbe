/** The worker's message about a page. */
export type ConversionResult =
  | { readonly type: 'converted'; readonly markdown: string }
  | { readonly type: 'too_long' }
  | { readonly type: 'too_deep' }
  /** The converter threw. */
  | { readonly type: 'failed'; readonly message: string };
