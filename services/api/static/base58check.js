// Base58Check: a version byte and a payload as text with four bytes of checksum.

import { sha256 } from "/static/sha256.js";

const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const checksum = (data) => sha256(sha256(data)).slice(0, 4);

// { version, payload }, or null for text that is none
export function decodeBase58check(text) {
  if (!/^[1-9A-HJ-NP-Za-km-z]{5,60}$/.test(text)) return null;
  const hex = [...text].reduce((sum, digit) => sum * 58n + BigInt(DIGITS.indexOf(digit)), 0n).toString(16);
  const body = hex === "0" ? [] : (hex.length % 2 ? "0" + hex : hex).match(/../g).map((pair) => parseInt(pair, 16));
  const data = new Uint8Array([...Array(text.match(/^1*/)[0].length).fill(0), ...body]);
  const [held, check] = [data.slice(0, -4), data.slice(-4)];
  if (held.length < 1 || !checksum(held).every((byte, i) => byte === check[i])) return null;
  return { version: held[0], payload: held.slice(1) };
}

export function encodeBase58check(version, payload) {
  const held = new Uint8Array([version, ...payload]);
  const data = [...held, ...checksum(held)];
  let number = data.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let text = "";
  for (; number; number /= 58n) text = DIGITS[Number(number % 58n)] + text;
  return "1".repeat(data.findIndex((byte) => byte)) + text;
}
