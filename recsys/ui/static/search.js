/* Suggestions below the search box while typing, by ARIA's combobox pattern. */
const box = document.querySelector(".search input");
const list = document.getElementById("suggestions");
let options = [], active = -1, waiting, asked;

const shown = () => !list.hidden;
function close() {
  list.hidden = true;
  active = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function option({ url, title, kind, id, note }, place) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  item.role = "option";
  item.id = `suggestion-${place}`;
  link.href = url;
  link.tabIndex = -1;
  for (const [name, text] of [[`chip ${kind}`, kind], ["name", title], ["soft", title.endsWith(id) ? note : `${id} · ${note}`]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    link.append(part);
  }
  item.append(link);
  return item;
}

/* The last line counts the matches that are not shown and links to the search page. */
function rest(text, count) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  item.role = "option";
  item.id = "suggestion-rest";
  link.href = `/search?all=1&q=${encodeURIComponent(text)}`;
  link.tabIndex = -1;
  link.className = "rest";
  link.textContent = `${count.toLocaleString("en")} more matches`;
  item.append(link);
  return item;
}

function show({ text, total, found }) {
  const more = total > found.length ? [rest(text, total - found.length)] : [];
  list.replaceChildren(...found.map(option), ...more);
  options = [...list.children];
  active = -1;
  list.hidden = options.length === 0;
  box.setAttribute("aria-expanded", String(shown()));
}

function choose(place) {
  active = (place + options.length + 1) % (options.length + 1);
  options.forEach((item, own) => item.setAttribute("aria-selected", String(own === active)));
  if (active < options.length) box.setAttribute("aria-activedescendant", options[active].id);
  else box.removeAttribute("aria-activedescendant");
}

async function suggest() {
  const text = box.value.trim();
  asked?.abort();
  if (!text) return close();
  asked = new AbortController();
  try {
    const answer = await fetch(`/search.json?q=${encodeURIComponent(text)}`, { signal: asked.signal });
    if (answer.ok) show(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") close();
  }
}

box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(suggest, 120); });
box.addEventListener("blur", () => setTimeout(close, 150));
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  else if (shown() && event.key === "ArrowDown") choose(active + 1), event.preventDefault();
  else if (shown() && event.key === "ArrowUp") choose(active < 0 ? options.length - 1 : active - 1), event.preventDefault();
  else if (event.key === "Enter" && options[active] && shown()) {
    event.preventDefault();
    location.assign(options[active].firstChild.href);
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], .editor");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) box.focus(), event.preventDefault();
});
