/** Going on later, in a given order. */
import { expect, test } from 'vitest';
import { afterMicrotasks, nextTurn } from '../../host/stack/turns.js';

test('afterMicrotasks runs behind every microtask, those queued by microtasks included, and before the next turn', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      setImmediate(() => {
        order.push('next turn');
        resolve();
      });
      const later = afterMicrotasks(() => order.push('after microtasks'));
      later();
      queueMicrotask(() => {
        order.push('microtask');
        queueMicrotask(() => {
          order.push('its microtask');
          queueMicrotask(() => order.push('the microtask of that'));
        });
      });
      order.push('the handler goes on');
    });
  });
  expect(order).toEqual([
    'the handler goes on',
    'microtask',
    'its microtask',
    'the microtask of that',
    'after microtasks',
    'next turn',
  ]);
});

test('nextTurn lets pending I/O and timers have their turn', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    nextTurn(() => {
      order.push('next turn');
      resolve();
    });
    process.nextTick(() => order.push('tick'));
    queueMicrotask(() => order.push('microtask'));
  });
  expect(order).toHaveLength(3);
  expect(order[2]).toBe('next turn');
});
