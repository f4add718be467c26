// Addresses of Bitcoin Cash and its kin: CashAddr, whose checksum of 40 bits covers the prefix too.

const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];
const CHECKSUM = 8; // characters
const KINDS = ["key", "script"];

function polymod(values) {
  const checksum = values.reduce((sum, value) => {
    const next = ((sum & 0x7ffffffffn) << 5n) ^ BigInt(value);
    return GENERATOR.reduce((folded, term, bit) => ((sum >> BigInt(35 + bit)) & 1n ? folded ^ term : folded), next);
  }, 1n);
  return checksum ^ 1n;
}

const expanded = (prefix) => [...[...prefix].map((c) => c.charCodeAt(0) & 31), 0];

const bits = (values, size) => values.map((value) => value.toString(2).padStart(size, "0")).join("");

// { prefix, kind, hash }, or null for text that is none; `prefixes` are tried where the text has none of its own
export function decodeCashaddr(text, prefixes = []) {
  const match = /^(?:([a-z]+):)?([qpzry9x8gf2tvdw0s3jn54khce6mua7l]{42})$/.exec(text.toLowerCase());
  if (!match || (text !== text.toLowerCase() && text !== text.toUpperCase())) return null;
  const values = [...match[2]].map((c) => CHARACTERS.indexOf(c));
  const prefix = (match[1] ? [match[1]] : prefixes).find((one) => polymod([...expanded(one), ...values]) === 0n);
  if (!prefix) return null;
  const data = bits(values.slice(0, -CHECKSUM), 5);
  const [version, ...hash] = data.match(/.{8}/g).map((eight) => parseInt(eight, 2));
  if (version % 8 || !KINDS[version / 8] || /1/.test(data.slice(168))) return null;
  return { prefix, kind: KINDS[version / 8], hash: new Uint8Array(hash) };
}

// the address of a key's hash of 20 bytes
export function encodeCashaddr(prefix, hash) {
  const data = bits([0, ...hash], 8).match(/.{1,5}/g).map((five) => parseInt(five.padEnd(5, "0"), 2));
  const rest = polymod([...expanded(prefix), ...data, ...Array(CHECKSUM).fill(0)]);
  const check = Array.from({ length: CHECKSUM }, (_, i) => Number((rest >> BigInt(5 * (CHECKSUM - 1 - i))) & 31n));
  return `${prefix}:${[...data, ...check].map((value) => CHARACTERS[value]).join("")}`;
}
