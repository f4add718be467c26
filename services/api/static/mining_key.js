// The page /mining-key: an address in, its public key hash out. Everything happens here; nothing is sent.

import { decodeBase58check, encodeBase58check } from "/static/base58check.js";
import { decodeCashaddr, encodeCashaddr } from "/static/cashaddr.js";
import { decodeSegwit, encodeSegwit } from "/static/bech32.js";

const HASH160 = 20; // bytes

const numbers = (text) => text.split(" ").filter(Boolean).map(Number);

function coins() {
  return [...document.querySelectorAll("#versions [data-coin]")].map(({ dataset }) => ({
    name: dataset.coin,
    keys: numbers(dataset.keys),
    scripts: numbers(dataset.scripts),
    prefix: dataset.prefix,
    cash: dataset.cash,
  }));
}

// { hash, coin } of an address of one key, or { problem } with the name of the text that says why not
export function keyOf(address, known) {
  const old = decodeBase58check(address);
  if (old) return keyOfLegacy(old, known);
  const cash = decodeCashaddr(address, known.map((coin) => coin.cash).filter(Boolean));
  if (cash?.kind === "script") return { problem: "script" };
  if (cash) return { hash: cash.hash, coin: known.find((coin) => coin.cash === cash.prefix)?.name };
  const witness = decodeSegwit(address);
  if (!witness) return { problem: "wrong" };
  if (witness.version !== 0 || witness.program.length !== HASH160) return { problem: "program" };
  return { hash: witness.program, coin: known.find((coin) => coin.prefix === witness.prefix)?.name };
}

function keyOfLegacy({ version, payload }, known) {
  if (payload.length !== HASH160) return { problem: "wrong" };
  const named = known.filter((coin) => coin.keys.includes(version)).map((coin) => coin.name);
  if (!named.length && known.some((coin) => coin.scripts.includes(version))) return { problem: "script" };
  return { hash: payload, coin: [...new Set(named)].join(", ") };
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function line(name, address) {
  const [row, title, value, code] = ["div", "dt", "dd", "code"].map((tag) => document.createElement(tag));
  title.textContent = name;
  code.textContent = address;
  value.append(code);
  row.append(title, value);
  return row;
}

function addressesOf(hash, known) {
  return known.flatMap((coin) => [
    line(coin.name, encodeBase58check(coin.keys[0], hash)),
    ...(coin.prefix ? [line(coin.name, encodeSegwit(coin.prefix, hash))] : []),
    ...(coin.cash ? [line(coin.name, encodeCashaddr(coin.cash, hash))] : []),
  ]);
}

function show(address, result, found) {
  const known = coins();
  const key = address ? keyOf(address, known) : {};
  found.hidden = !key.hash;
  result.textContent = key.problem ? result.dataset[key.problem] : "";
  result.className = key.problem ? "notice" : "";
  if (!key.hash) return;
  document.getElementById("key-of").textContent = result.dataset.of.replace("{coin}", key.coin || result.dataset.other);
  document.getElementById("key").textContent = hex(key.hash);
  document.getElementById("key-addresses").replaceChildren(...addressesOf(key.hash, known));
}

const form = document.getElementById("key-form");
const input = document.getElementById("key-address");
const [result, found] = ["key-result", "key-found"].map((id) => document.getElementById(id));
form.hidden = false;
result.replaceChildren(); // what is said to browsers without scripts
form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("input", () => show(input.value.trim(), result, found));
