/** The shapes that pass between the parts of the bench: what a row is, what one that measures by itself answers, what is kept. */

/**
 * `groups`: other names of the row, beside its `id`. `named`: it runs only when it is named. `local`: the module, from
 * `test/bench`, whose `measure(settings: LocalSettings): Promise<Local>` measures by itself, in about `lasts(seconds)` seconds.
 *
 * Of the others, `mode`: words for kpeer, or for `peer`, an instrument or a script in its place. `stacks`: the device that each
 * gets. `metrics`: what is read, by key of METRICS. `oneCpu`: both sides are pinned to it. `udp`: the
 * raw stacks are those of datagrams. `needs`: a row without that program is left out. `connections`: so many are held idle.
 */
export interface Row {
  id: string;
  title: string;
  groups: string[];
  named?: boolean;
  local?: string;
  lasts?: (seconds: number) => number;
  mode?: string[];
  peer?: string;
  needs?: { program: string; install: string };
  stacks?: Record<string, Device>;
  metrics?: string[];
  bars?: RowBar[];
  oneCpu?: boolean;
  udp?: boolean;
  connections?: number;
}

/** A TUN device, with `offload` also VNET_HDR and TSO; with `veth` none. */
export interface Device {
  mtu: number;
  offload?: boolean;
  veth?: boolean;
}

/** What must be reached: first the least, then what is aimed at. */
export interface Limits {
  first?: number;
  goal: number;
}

/** `against` a stack: the ratio to it, otherwise the number itself. */
export interface RowBar {
  metric: string;
  against?: string;
  atLeast?: Limits;
  atMost?: Limits;
}

export interface LocalSettings {
  seconds: number;
  rounds: number;
  progress: (text: string) => void;
  /** Paths of the built instruments, by name. */
  tools: Record<string, string>;
}

/** `rows`: a label and cells each, as printed. */
export interface Local {
  columns: string[];
  rows: string[][];
  bars?: Bar[];
  curves?: Curve[];
}

/** A number and what it must reach, which is judged by who prints it. */
export interface Bar {
  title: string;
  value: number | undefined;
  digits: number;
  metric?: string;
  against?: string;
  atLeast?: Limits;
  atMost?: Limits;
  firstMet?: boolean | undefined;
  goalMet?: boolean | undefined;
}

/** A panel of the plot. */
export interface Curve {
  title: string;
  x: { title: string; log?: boolean };
  y: { title: string; log?: boolean };
  lines: { name: string; points: [number, number][] }[];
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One measurement, by metric. */
export type Sample = Record<string, number | undefined>;

/** What is kept of a row; of one that measures by itself `columns` and `rows`, of the others the rest. */
export interface Summary {
  id: string;
  title: string;
  bars: Bar[];
  failures: Record<string, string>;
  columns?: string[];
  rows?: string[][];
  curves?: Curve[];
  metrics?: string[];
  congestion?: string | undefined;
  stacks?: Record<string, Record<string, Spread>>;
  /** Of a stack to a reference, by metric. */
  ratios?: Record<string, Record<string, Record<string, number>>>;
  samples?: Record<string, Sample[]>;
}

export interface Report {
  machine: string;
  date: string;
  missing: Record<string, string>;
  rows: Summary[];
}

/** Something small that is done again and again; `bytes`: how many each time. */
export interface Work {
  label: string;
  bytes?: number;
  work: (turns: number) => unknown;
}

/** How many nanoseconds it took, in each round. */
export interface Timed {
  label: string;
  bytes?: number;
  times: number[];
}
