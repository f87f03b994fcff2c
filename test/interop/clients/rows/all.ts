/** All rows of the table of clients, in the order in which they are played. */
import type { Row } from '../lab.js';
import { httpServer } from './http-server.js';
import { http2 } from './http2.js';
import { https } from './https.js';
import { ioredis } from './ioredis.js';
import { pg } from './pg.js';
import { undici } from './undici.js';
import { ws } from './ws.js';

export const ROWS: readonly Row[] = [...undici, ...ws, ...pg, ...ioredis, ...https, ...http2, ...httpServer];
