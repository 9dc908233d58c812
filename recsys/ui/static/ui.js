/* Pointing at a candidate shows where the other models put it. */
const tracks = [...document.querySelectorAll("[data-track]")];
for (const link of tracks) {
  const mark = (on) => () =>
    tracks.forEach((other) => other.classList.toggle("same", on && other.dataset.track === link.dataset.track));
  for (const event of ["pointerenter", "focus"]) link.addEventListener(event, mark(true));
  for (const event of ["pointerleave", "blur"]) link.addEventListener(event, mark(false));
}

const form = document.getElementById("sql");
if (form)
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
