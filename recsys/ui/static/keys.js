/* Keys of all pages, the dialog that lists them, and buttons that copy a text. */
const PLACES = { h: "/", u: "/users", i: "/items", t: "/try", s: "/sql", c: "/catalogue/" };
const help = document.getElementById("keys");
let isGoing = false;

for (const button of document.querySelectorAll("[data-dialog]")) {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable], .editor");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const wasGoing = isGoing;
  isGoing = event.key === "g" && !wasGoing;
  if (wasGoing && PLACES[event.key]) location.assign(PLACES[event.key]);
  else if (wasGoing || isGoing || help.open) return;
  else if (event.key === "?") help.showModal();
  else if (event.key === "r") location.assign("/users/random");
  else if (event.key === "t") document.getElementById("theme").click();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const name = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = name; }, 1500);
});
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
