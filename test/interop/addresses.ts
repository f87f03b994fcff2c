/** Who is who on the TUN device of the interop tests. */
export const VITRINE = '10.9.0.2';
export const KERNEL = '10.9.0.1';
export const PREFIX = 24;
