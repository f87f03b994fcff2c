/**
 * Whom a script expects to talk to. A profile is a table: how the stack is to be set so that it behaves as the stack which
 * the family of scripts was written for, and what the family's own tool takes for granted.
 * Not for: `sysctl` lines of a script, which change it (`system/sysctl.ts`).
 */
import type { Congestion, Limits, Tuning } from '../stack/settings.js';

export type ProfileName = 'linux' | 'freebsd' | 'vitrine';

export interface StackSettings extends Limits {
  congestion?: Congestion;
  tcp?: Tuning;
  fastOpenKey?: readonly [number, number, number, number];
}

export interface Profile {
  settings: StackSettings;
  /** What `#ifdef` finds. */
  defined: readonly string[];
  /** Words that the family's runner defines for every script. */
  defines: Readonly<Record<string, string>>;
}

export const PROFILE_NAMES: readonly ProfileName[] = ['linux', 'freebsd', 'vitrine'];

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  linux: {
    settings: {
      congestion: 'cubic',
      sendBuffer: 4 << 20,
      receiveBuffer: 15 << 20,
      synRetries: 5,
      dataRetries: 15,
      maximumSegmentLifetime: 30_000,
      fastOpenKey: [0xa1a1a1a1, 0xb2b2b2b2, 0xc3c3c3c3, 0xd4d4d4d4],
      tcp: {
        synAckRetries: 5,
        sendBufferInitial: 256 << 10,
        receiveBufferInitial: 540_000,
        initialWindow: 10,
        ackDelay: 40,
        quickAcks: 16,
        rtoMinimum: 200,
        rtoInitial: 1_000,
        timestamps: 1,
        windowScaling: 1,
        sack: 1,
        ecn: 0,
        ecnSynRetries: 0,
        rtoSpread: 200,
        growthLimit: 0,
        fastOpen: 0x403,
        synCookies: 1,
        idleRestart: 0,
        tailProbe: 1,
        duplicateThreshold: 3,
        mtuProbing: 0,
        icmpAbort: 2,
        pacing: 0,
        dialect: 0,
        forwardRto: 1,
        statistics: 1,
      },
    },
    defined: ['Linux'],
    defines: {
      TFO_COOKIE: '3021b9d889017eeb',
      CODE: 'host_unreachable',
      CMSG_LEVEL_IP: 'SOL_IP',
      CMSG_TYPE_RECVERR: 'IP_RECVERR',
    },
  },
  /** This stack as it is when nobody says anything else. */
  vitrine: {
    settings: { tcp: { statistics: 1 } },
    defined: ['Vitrine'],
    defines: {},
  },
  freebsd: {
    settings: {
      congestion: 'cubic',
      sendBuffer: 2 << 20,
      receiveBuffer: 2 << 20,
      synRetries: 12,
      maximumSegmentLifetime: 30_000,
      tcp: {
        synAckRetries: 3,
        sendBufferInitial: 32 << 10,
        receiveBufferInitial: 64 << 10,
        initialWindow: 10,
        ackDelay: 40,
        quickAcks: 0,
        rtoMinimum: 230,
        rtoInitial: 1_000,
        timestamps: 1,
        windowScaling: 1,
        sack: 1,
        ecn: 2,
        ecnSynRetries: 1,
        rtoSpread: 200,
        fastOpen: 0,
        synCookies: 1,
        idleRestart: 1,
        tailProbe: 0,
        duplicateThreshold: 3,
        mtuProbing: 0,
        icmpAbort: 1,
        pacing: 0,
        dialect: 1,
        forwardRto: 0,
        statistics: 1,
      },
    },
    defined: ['FreeBSD'],
    defines: {},
  },
};
