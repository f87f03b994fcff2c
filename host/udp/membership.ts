/**
 * Groups, sources and interfaces as programs name them: by addresses. Not for: joining (`endpoint.ts`).
 */
import { ERROR_INVALID, ERROR_NO_DEVICE } from '../../assembly/abi/constants.js';
import { type Address, isAny, isIPv4, parseAddress } from '../core/address.js';
import type { Endpoints } from './endpoints.js';
import { callFailure, expected } from './errors.js';

/** @throws SocketError `EINVAL` for what is no address */
export function memberOf(text: string): Address {
  const address = parseAddress(String(text));
  if (address === undefined) throw callFailure(ERROR_INVALID, 'setsockopt');
  return address;
}

/** @throws SocketError `EINVAL`, TypeError for a source of another family than its group */
export function sourceOf(text: string, group: Address): Address {
  const address = memberOf(text);
  if (isIPv4(address) !== isIPv4(group)) throw expected('source and group addresses of one family');
  return address;
}

/**
 * The interface that is named by one of its addresses, or by its number as in `::%2`: its number + 1, 0 for `0.0.0.0` and `::`,
 * which leave the choice to the stack.
 * @returns `undefined` for what is no address
 * @throws TypeError for one of another family than the group; SocketError `ENODEV` when no interface has it
 */
export function interfaceOf(endpoints: Endpoints, text: string, group?: Address): number | undefined {
  const [address = '', zone] = String(text).split('%');
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  if (group !== undefined && isIPv4(bytes) !== isIPv4(group)) throw expected('address and interface of one family');
  const numbered = zone !== undefined && /^\d{1,3}$/.test(zone);
  if (isAny(bytes)) return numbered ? Number(zone) + 1 : 0;
  const number = endpoints.interfaceOf(parseAddress(String(text)) ?? bytes);
  if (number < 0) throw callFailure(ERROR_NO_DEVICE, 'setsockopt');
  return number + 1;
}
