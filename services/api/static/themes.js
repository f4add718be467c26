// The button that changes between light and dark. theme.js has set what was chosen earlier.

const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

export function offerThemes() {
  const button = document.getElementById("theme");
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new Event("theme"));
  };
  button.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem("theme", chosen);
    } catch {
      // it lasts as long as the page then
    }
    show();
  });
  dark.addEventListener("change", show);
  button.hidden = false;
  show();
}
