/* Suggestions below a search box while typing, by ARIA's combobox pattern. A box with data-fills takes the id of a
   suggestion; the box of all pages opens its page. */
function suggesting(box, list) {
  const fills = "fills" in box.dataset;
  let options = [], active = -1, waiting, asked;

  const shown = () => !list.hidden;
  function close() {
    list.hidden = true;
    active = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function option({ url, title, kind, word, id, note }, place) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    item.role = "option";
    item.id = `${list.id}-${place}`;
    link.href = url;
    link.dataset.original = id;
    link.tabIndex = -1;
    for (const [name, text] of [[`chip ${kind}`, word], ["name", title], ["soft", title.endsWith(id) ? note : `${id} · ${note}`]]) {
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
    item.id = `${list.id}-rest`;
    link.href = `/search?all=1&q=${encodeURIComponent(text)}`;
    link.tabIndex = -1;
    link.className = "rest";
    link.textContent = `${count.toLocaleString("en")} more matches`;
    item.append(link);
    return item;
  }

  function show({ text, total, is_near, found }) {
    if (fills) found = found.filter(({ kind }) => kind !== "user");
    const more = total > found.length && !fills ? [rest(text, total - found.length)] : [];
    list.toggleAttribute("data-near", is_near);
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

  /* Go to the page of a suggestion, or put its id into a box of a form. */
  function take(link) {
    if (!fills) return location.assign(link.href);
    box.value = link.dataset.original;
    close();
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
      take(options[active].firstChild);
    }
  });
  list.addEventListener("pointerdown", (event) => {
    const link = event.target.closest("a");
    if (link && fills) take(link), event.preventDefault();
  });
}

const box = document.querySelector(".search input");
for (const one of document.querySelectorAll("[role=combobox]")) suggesting(one, document.getElementById(one.getAttribute("aria-controls")));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], .editor");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) box.focus(), event.preventDefault();
});
