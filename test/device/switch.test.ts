import { describe, expect, it } from 'vitest';
import { manualClock } from '../../host/core/clock.js';
import { parseHardwareAddress } from '../../host/core/hardware-address.js';
import { type EthernetSwitchOptions, ethernetSwitch } from '../../host/device/switch.js';
import { TestPort } from './port.js';

describe('ethernetSwitch', () => {
  it('floods frames for stations it does not know, to all ports but the one they came from', () => {
    const { ports } = made();
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([0, 1, 1, 1]);
  });

  it('learns from the source of each frame: the answer goes to one port only', () => {
    const { ports } = made();
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    arrivals(ports);
    ports[1]?.write(frame(STATIONS[0], STATIONS[1]));
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([1, 1, 0, 0]);
  });

  it('floods broadcasts and multicasts for ever', () => {
    const { ports } = made();
    for (const group of ['ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01', '01:00:5e:00:00:fb']) {
      ports[2]?.write(frame(group, STATIONS[2]));
      expect(arrivals(ports)).toEqual([1, 1, 0, 1]);
    }
  });

  it('does not learn a group as a station', () => {
    const { ports } = made();
    ports[0]?.write(frame(STATIONS[1], 'ff:ff:ff:ff:ff:ff'));
    arrivals(ports);
    ports[1]?.write(frame('ff:ff:ff:ff:ff:ff', STATIONS[1]));
    expect(arrivals(ports)).toEqual([1, 0, 1, 1]);
  });

  it('does not send a frame back to the port where its station is', () => {
    const { ports } = made();
    ports[0]?.write(frame(STATIONS[3], STATIONS[1]));
    arrivals(ports);
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([0, 0, 0, 0]);
  });

  it('finds a station that has moved as soon as it speaks', () => {
    const { ports } = made();
    ports[1]?.write(frame(STATIONS[3], STATIONS[1]));
    ports[2]?.write(frame(STATIONS[3], STATIONS[1]));
    arrivals(ports);
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([0, 0, 1, 0]);
  });

  it('forgets a station that was silent for the ageing time, 300 seconds', () => {
    const { ports, clock } = made();
    ports[1]?.write(frame(STATIONS[0], STATIONS[1]));
    arrivals(ports);
    clock.advance(300_000);
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([0, 1, 0, 0]);
    clock.advance(1);
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(arrivals(ports)).toEqual([0, 1, 1, 1]);
  });

  it('keeps 1024 stations, of invented ones the latest, and floods for the rest', () => {
    const { ports } = made();
    ports[1]?.write(frame(STATIONS[0], STATIONS[1]));
    for (let index = 0; index < 1023; index++) ports[2]?.write(frame(STATIONS[0], invented(index)));
    arrivals(ports);
    ports[0]?.write(frame(STATIONS[1], invented(0)));
    expect(arrivals(ports)).toEqual([0, 1, 0, 0]);
    ports[2]?.write(frame(STATIONS[0], invented(5000)));
    arrivals(ports);
    ports[0]?.write(frame(STATIONS[1], invented(0)));
    expect(arrivals(ports)).toEqual([0, 1, 1, 1]);
  });

  it('drops and counts what finds no room at a port, and goes on with the others', () => {
    const { ports, devices } = made({ ports: 3, capacity: 2 });
    for (let index = 0; index < 5; index++) {
      expect(ports[0]?.write(frame('ff:ff:ff:ff:ff:ff', STATIONS[0]))).toBe(true);
      ports[1]?.read();
    }
    expect(devices.map(({ dropped }) => dropped)).toEqual([0, 0, 3]);
    expect(arrivals(ports)).toEqual([0, 0, 2]);
  });

  it('delivers nothing to a port that is closed, or where nothing is plugged in', () => {
    const { ports, devices } = made({ ports: 3 }, 2);
    ports[1]?.write(frame(STATIONS[0], STATIONS[1]));
    devices[1]?.close();
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    const late = new TestPort(devices[2] as never);
    expect(late.readAll()).toEqual([]);
    expect(arrivals(ports.slice(0, 1))).toEqual([1]);
    expect(ports[1]?.read()).toBeUndefined();
  });

  it('tells a port by an alarm of its clock, never from inside write', () => {
    const { ports, clock } = made();
    ports[0]?.write(frame(STATIONS[1], STATIONS[0]));
    expect(ports[1]?.readable).toBe(0);
    clock.advance(0);
    expect(ports.map(({ readable }) => readable)).toEqual([0, 1, 1, 1]);
  });

  it('drops frames that are shorter than their header, and refuses those that are too long', () => {
    const { ports } = made({ ports: 2, mtu: 600 });
    ports[0]?.write(new Uint8Array(13));
    expect(arrivals(ports)).toEqual([0, 0]);
    expect(ports[0]?.write(frame(STATIONS[1], STATIONS[0], 600))).toBe(true);
    expect(() => ports[0]?.write(frame(STATIONS[1], STATIONS[0], 601))).toThrow(/615 bytes .*600/);
  });

  it('numbers the stations at its ports unless they have names', () => {
    expect(ethernetSwitch({ ports: 2 }).map(({ hardwareAddress }) => hardwareAddress)).toEqual([
      '02:00:00:00:00:01',
      '02:00:00:00:00:02',
    ]);
    const hardwareAddresses = ['00-16-3E-00-00-0A', '00:16:3e:00:00:0b'];
    expect(ethernetSwitch({ ports: 2, hardwareAddresses }).map(({ hardwareAddress }) => hardwareAddress)).toEqual([
      '00:16:3e:00:00:0a',
      '00:16:3e:00:00:0b',
    ]);
  });

  it.each([
    [{}, /ports .*2 to 1024.*nothing/],
    [{ ports: 1 }, /ports/],
    [{ ports: 2, mtu: 65522 }, /mtu .*65521/],
    [{ ports: 2, ageing: 0 }, /ageing/],
    [{ ports: 2, hardwareAddresses: ['02:00:00:00:00:01'] }, /hardwareAddresses .*2 addresses/],
    [{ ports: 2, hardwareAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:01'] }, /hardwareAddresses .*differ/],
    [
      { ports: 2, hardwareAddresses: ['02:00:00:00:00:01', '03:00:00:00:00:01'] },
      /hardwareAddresses\[1\] .*one station/,
    ],
    [{ ports: 2, hardwareAddresses: ['02:00:00:00:00:01', '02:00:00:00:00'] }, /hardwareAddresses\[1\]/],
    [{ port: 2 }, /"port"/],
  ])('names the bad option: %j', (options, message) => {
    expect(() => ethernetSwitch(options as EthernetSwitchOptions)).toThrow(TypeError);
    expect(() => ethernetSwitch(options as EthernetSwitchOptions)).toThrow(message);
  });
});

/** @param attached how many ports something is plugged into; all by default */
function made(options: EthernetSwitchOptions = { ports: 4 }, attached = options.ports) {
  const clock = manualClock();
  const devices = ethernetSwitch(options);
  return { clock, devices, ports: devices.slice(0, attached).map((device) => new TestPort(device, clock)) };
}

/** How many frames wait at each port; takes them. */
function arrivals(ports: readonly TestPort[]): number[] {
  return ports.map((port) => port.readAll().length);
}

function frame(destination: string | undefined, source: string | undefined, length = 46): Uint8Array {
  const bytes = new Uint8Array(14 + length);
  bytes.set(parseHardwareAddress(destination ?? '') as Uint8Array);
  bytes.set(parseHardwareAddress(source ?? '') as Uint8Array, 6);
  bytes.set([0x88, 0xb5], 12);
  return bytes;
}

function invented(number: number): string {
  return `06:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
}

const STATIONS = ['02:00:00:00:01:00', '02:00:00:00:01:01', '02:00:00:00:01:02', '02:00:00:00:01:03'];
