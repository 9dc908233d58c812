/* Load slow parts of a page after it. */
for (const part of document.querySelectorAll("[data-part]")) {
  part.setAttribute("aria-busy", "true");
  part.classList.add("coming");
  fetch(part.dataset.part)
    .then(async (answer) => {
      if (!answer.ok) throw new Error();
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      part.replaceChildren(...made.body.childNodes);
      highlight();
    })
    .catch(() => {})
    .finally(() => { part.removeAttribute("aria-busy"); part.classList.remove("coming"); });
}

/* Highlight the same track in all rankings. */
function highlight() {
  const tracks = [...document.querySelectorAll("[data-track]")];
  for (const link of tracks) {
    const mark = (on) => () =>
      tracks.forEach((other) => other.classList.toggle("same", on && other.dataset.track === link.dataset.track));
    for (const event of ["pointerenter", "focus"]) link.addEventListener(event, mark(true));
    for (const event of ["pointerleave", "blur"]) link.addEventListener(event, mark(false));
  }
}
highlight();

/* Send a long query in the body: a URL cannot hold it. */
const LONGEST_LINK = 8000;
const form = document.getElementById("sql");
form?.addEventListener("submit", () => {
  form.method = form.elements.query.value.length > LONGEST_LINK ? "post" : "get";
});
form?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.name === "query") form.requestSubmit();
});
