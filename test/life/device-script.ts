/** What `process.test.ts` runs in a network namespace. */
import { deviceSituations } from './device-situations.js';
import { observe } from './observer.js';

await observe(deviceSituations);
