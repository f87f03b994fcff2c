/**
 * Lets a process run the TypeScript sources as they are, in all its threads: `node --import <this file> script.ts`.
 * Node 20 strips no types, and `dist/` may be stale. What starts as one module needs nothing of it: there it costs nothing.
 * Not for: how (`typescript-hooks.mjs`, `typescript-bundle.mjs`).
 */
import { register } from 'node:module';

// A thread has the name of its own module there.
if (!process.argv[1]?.includes('/node_modules/.cache/vitrine-typescript/'))
  register('./typescript-hooks.mjs', import.meta.url);
