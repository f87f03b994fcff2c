/**
 * Where the thread of a worker begins. Plain JavaScript, so that one can be started from it in the source tree and in
 * `dist/` alike.
 */
import { work } from './worker.js';

await work();
