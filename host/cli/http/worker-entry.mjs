/**
 * The module of the workers of `vitrine serve --workers`. Plain JavaScript, so that it is found in the source tree and in
 * `dist/` alike.
 */
export * from './worker.js';
