import { describe, expect, it } from 'vitest';
import { manualClock, systemClock } from '../../host/core/clock.js';

describe('manualClock', () => {
  it('starts where it is told and moves only when it is moved', () => {
    const clock = manualClock(100, 5000);
    expect([clock.now(), clock.wall()]).toEqual([100, 5000]);
    clock.advance(2.5);
    expect([clock.now(), clock.wall()]).toEqual([102.5, 5002.5]);
  });

  it('runs every alarm that falls due at its exact moment, and none that does not', () => {
    const clock = manualClock();
    const rung: [string, number][] = [];
    for (const [name, deadline] of [['third', 30] as const, ['first', 10] as const, ['second', 20] as const]) {
      clock.timer(() => rung.push([name, clock.now()])).arm(deadline);
    }
    clock.advance(25);
    expect(rung).toEqual([
      ['first', 10],
      ['second', 20],
    ]);
    expect(clock.now()).toBe(25);
    clock.advance(5);
    expect(rung.at(-1)).toEqual(['third', 30]);
  });

  it('runs alarms of one moment in the order in which they were armed last', () => {
    const clock = manualClock();
    const rung: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => clock.timer(() => rung.push(name)));
    a?.arm(5);
    b?.arm(5);
    a?.arm(5);
    clock.advance(5);
    expect(rung).toEqual(['b', 'a']);
  });

  it('runs an alarm that another alarm arms, within the same advance', () => {
    const clock = manualClock();
    const moments: number[] = [];
    const timer = clock.timer(() => {
      moments.push(clock.now());
      if (moments.length < 4) timer.arm(clock.now() + (moments.length === 2 ? 0 : 10));
    });
    timer.arm(10);
    clock.advance(100);
    expect(moments).toEqual([10, 20, 20, 30]);
  });

  it('never runs an alarm inside arm, however late the deadline', () => {
    const clock = manualClock(50);
    let rung = 0;
    clock.timer(() => rung++).arm(10);
    expect(rung).toBe(0);
    clock.advance(0);
    expect([rung, clock.now()]).toEqual([1, 50]);
  });

  it('runs an alarm once for each arming, the later deadline replacing the earlier, Infinity cancelling', () => {
    const clock = manualClock();
    let rung = 0;
    const timer = clock.timer(() => rung++);
    timer.arm(10);
    timer.arm(20);
    clock.advance(15);
    expect(rung).toBe(0);
    clock.advance(15);
    expect(rung).toBe(1);
    timer.arm(40);
    timer.arm(Number.POSITIVE_INFINITY);
    clock.advance(100);
    expect(rung).toBe(1);
  });

  it('steps from deadline to deadline and says when nothing is armed', () => {
    const clock = manualClock();
    clock.timer(() => {}).arm(1e9);
    expect(clock.step()).toBe(true);
    expect(clock.now()).toBe(1e9);
    expect(clock.step()).toBe(false);
  });

  it('does not go back when an alarm advances it further', () => {
    const clock = manualClock();
    clock.timer(() => clock.advance(100)).arm(10);
    clock.advance(20);
    expect(clock.now()).toBe(110);
  });
});

describe('systemClock', () => {
  const clock = systemClock();
  /** Resolves with what `arrange` promises, and fails the test when nothing rings. */
  const rings = (arrange: (alarm: () => void) => void) =>
    new Promise<number>((resolve) => arrange(() => resolve(clock.now())));

  it('counts milliseconds with a fraction and knows the calendar', async () => {
    const start = clock.now();
    await rings((alarm) => clock.timer(alarm).arm(start + 20));
    expect(clock.now() - start).toBeGreaterThanOrEqual(20);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1000);
  });

  it('rings at or after the deadline, never before', async () => {
    for (const delay of [0.2, 1, 1.5, 7.3]) {
      const deadline = clock.now() + delay;
      const rung = await rings((alarm) => {
        const timer = clock.timer(alarm);
        timer.ref();
        timer.arm(deadline);
      });
      expect(rung).toBeGreaterThanOrEqual(deadline);
    }
  });

  it('rings for a deadline that has come in the next turn of the event loop, but not inside arm', async () => {
    const order: string[] = [];
    const rung = rings((alarm) => {
      clock
        .timer(() => {
          order.push('alarm');
          alarm();
        })
        .arm(clock.now());
      order.push('armed');
    });
    const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('next turn'));
    await Promise.all([rung, turn]);
    expect(order).toEqual(['armed', 'alarm', 'next turn']);
  });

  it('keeps to the latest arming: moved earlier, moved later, cancelled', async () => {
    const start = clock.now();
    let rung = 0;
    const earlier = await rings((alarm) => {
      const timer = clock.timer(alarm);
      timer.arm(start + 60_000);
      timer.arm(start + 5);
    });
    expect(earlier - start).toBeLessThan(10_000);
    const cancelled = [clock.timer(() => rung++), clock.timer(() => rung++)];
    cancelled[0]?.arm(clock.now());
    cancelled[1]?.arm(clock.now() + 5);
    for (const timer of cancelled) timer.arm(Number.POSITIVE_INFINITY);
    const later = clock.now() + 30;
    const moved = await rings((alarm) => {
      const timer = clock.timer(alarm);
      timer.arm(clock.now() + 1);
      timer.arm(later);
    });
    expect(moved).toBeGreaterThanOrEqual(later);
    expect(rung).toBe(0);
  });

  it('rings once for each arming', async () => {
    let rung = 0;
    await rings((alarm) => {
      const timer = clock.timer(() => {
        rung++;
        if (rung === 1) clock.timer(alarm).arm(clock.now() + 10);
      });
      timer.arm(clock.now() + 1);
    });
    expect(rung).toBe(1);
  });

  it('can wait longer than setTimeout can', async () => {
    let rung = false;
    const timer = clock.timer(() => {
      rung = true;
    });
    timer.arm(clock.now() + 2 ** 33);
    await rings((alarm) => clock.timer(alarm).arm(clock.now() + 20));
    timer.arm(Number.POSITIVE_INFINITY);
    expect(rung).toBe(false);
  });
});
