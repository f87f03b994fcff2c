/** `vitrine show`: what a stack with the given options consists of, as `ip address` and `ip route` would say it. */
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_SUCCESS } from '../failure.js';
import { openNetwork } from '../network.js';
import { addressesOf, type NetworkOptions } from '../network-options.js';

export interface ShowOptions extends NetworkOptions {
  /** Seconds before the look. */
  wait?: number;
}

export async function show(options: ShowOptions): Promise<number> {
  const network = await openNetwork(options);
  try {
    if (options.wait !== undefined) await Promise.race([delay(options.wait * 1000), network.failure]);
    console.log(`${network.deviceName}: mtu ${options.mtu}`);
    for (const address of addressesOf(options)) console.log(`    ${address}`);
  } finally {
    await network.close();
  }
  return EXIT_SUCCESS;
}
