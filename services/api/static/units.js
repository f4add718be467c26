// Numbers as axes and tips print them.

const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z"];

function scaled(value) {
  let step = 0;
  while (Math.abs(value) >= 1000 && step < PREFIXES.length - 1) {
    value /= 1000;
    step += 1;
  }
  return [Number(value.toPrecision(3)), PREFIXES[step]];
}

export const hashrate = (value) => scaled(value).join(" ") + "H/s";
export const compact = (value) => scaled(value).join(" ").trim();
export const whole = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
export const percent = (value) => `${Math.round(value)} %`;
