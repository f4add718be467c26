// Puts the reader's address and rig into the command lines. Neither leaves the browser.

const ALLOWED = { address: /[^A-Za-z0-9:_-]/g, rig: /[^A-Za-z0-9_-]/g }; // nothing that a shell would take amiss

export function fillCommands() {
  document.querySelectorAll("[data-fill-form]").forEach((form) => {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  });
  document.querySelectorAll("[data-fills]").forEach((input) => {
    const places = [...document.querySelectorAll(`[data-fill="${input.dataset.fills}"]`)];
    const empty = places.map((place) => place.textContent);
    input.addEventListener("input", () => {
      const text = input.value.trim().replace(ALLOWED[input.dataset.fills], "");
      places.forEach((place, index) => (place.textContent = text || empty[index]));
    });
  });
}
