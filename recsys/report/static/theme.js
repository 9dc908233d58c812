/* The theme that the reader chose. It runs before the page is drawn, so that no page flashes in the other one. */
const THEME = "recsys.theme";
const root = document.documentElement;
function storedTheme() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}
if (["light", "dark"].includes(storedTheme())) root.dataset.theme = storedTheme();

document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.hidden = false;
  show();
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(THEME, root.dataset.theme);
    } catch { /* then the choice holds for this page */ }
    show();
  });
});
