/** The key of every model that the suite makes without one. It must never be seen but by servers. */
export const CANARY = 'sk-canary-0f4c1e7a9d2b';
