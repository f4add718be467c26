// The reader's choice of light or dark, before anything is painted: the only script that does not wait for the page.

const THEME = "theme";

function storedTheme() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null; // storage may be forbidden; the system's choice remains
  }
}

if (["light", "dark"].includes(storedTheme())) document.documentElement.dataset.theme = storedTheme();
