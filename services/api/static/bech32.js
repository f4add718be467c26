// Addresses of segregated witness: bech32 (BIP173) for version 0, bech32m (BIP350) for later ones.

const CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32 = 1;
const BECH32M = 0x2bc830a3;

function polymod(values) {
  return values.reduce((checksum, value) => {
    const top = checksum >>> 25;
    const next = (((checksum & 0x1ffffff) << 5) ^ value) >>> 0;
    return GENERATOR.reduce((sum, term, bit) => ((top >>> bit) & 1 ? (sum ^ term) >>> 0 : sum), next);
  }, 1);
}

const expanded = (prefix) => [...[...prefix].map((c) => c.charCodeAt(0) >> 5), 0, ...[...prefix].map((c) => c.charCodeAt(0) & 31)];

function bytesOf(words) {
  const bits = words.map((word) => word.toString(2).padStart(5, "0")).join("");
  const rest = bits.slice(bits.length - (bits.length % 8));
  if (rest.length >= 5 || /1/.test(rest)) return null; // padding is short and empty
  return new Uint8Array((bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2)));
}

// { prefix, version, program }, or null for text that is none
export function decodeSegwit(text) {
  if (text.length > 90 || (text !== text.toLowerCase() && text !== text.toUpperCase())) return null;
  const match = /^([!-~]+)1([qpzry9x8gf2tvdw0s3jn54khce6mua7l]{7,})$/.exec(text.toLowerCase());
  if (!match) return null;
  const [, prefix, characters] = match;
  const values = [...characters].map((c) => CHARACTERS.indexOf(c));
  const [version, ...words] = values.slice(0, -6);
  if (version === undefined || version > 16) return null;
  if (polymod([...expanded(prefix), ...values]) !== (version ? BECH32M : BECH32)) return null;
  const program = bytesOf(words);
  return program && { prefix, version, program };
}

export function encodeSegwit(prefix, program) {
  const bits = [...program].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const words = bits.match(/.{1,5}/g).map((five) => parseInt(five.padEnd(5, "0"), 2));
  const data = [0, ...words];
  const rest = polymod([...expanded(prefix), ...data, 0, 0, 0, 0, 0, 0]) ^ BECH32;
  const check = [0, 1, 2, 3, 4, 5].map((i) => (rest >>> (5 * (5 - i))) & 31);
  return prefix + "1" + [...data, ...check].map((value) => CHARACTERS[value]).join("");
}
