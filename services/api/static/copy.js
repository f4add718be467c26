// Buttons that copy a text of the page, or its address. The clipboard is open to secure pages only: elsewhere the
// text is selected, so that one key copies it.

function tell() {
  document.querySelectorAll("[data-copied]").forEach((place) => {
    place.textContent = place.dataset.copied;
    setTimeout(() => (place.textContent = ""), 2000);
  });
}

function select(element) {
  const selection = getSelection();
  selection.selectAllChildren(element);
}

async function copy(text, element) {
  if (!navigator.clipboard) return element && select(element);
  await navigator.clipboard.writeText(text);
  tell();
}

export function offerCopying() {
  document.querySelectorAll("[data-copy]").forEach((button) => {
    const source = document.getElementById(button.dataset.copy);
    button.addEventListener("click", () => copy(source.textContent.trim(), source));
    button.hidden = false;
  });
  document.querySelectorAll("[data-copy-link]").forEach((button) => {
    button.addEventListener("click", () => copy(location.href, null));
    button.hidden = !navigator.clipboard;
  });
}
