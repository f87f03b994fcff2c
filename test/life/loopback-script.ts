/** What `process.test.ts` runs: situations that need no device. */
import { facadeSituations } from './facade-situations.js';
import { observe } from './observer.js';
import { secureSituations } from './secure-situations.js';
import { socketSituations } from './situations.js';

await observe({ ...socketSituations, ...secureSituations, ...facadeSituations });
