/* Search in the list of relations, and the lineage drawing. */

/* How well a name fits a text: 0 equal, 1 equal without its layer, 2 start, 3 start without its layer, 4 within. */
function fit(name, text) {
  const stem = name.split(".")[1];
  return [name === text, stem === text, name.startsWith(text), stem.startsWith(text), name.includes(text)].indexOf(true);
}
const ranked = (names, text) => [...names].filter((name) => fit(name, text) >= 0).sort((one, other) => fit(one, text) - fit(other, text));

const find = document.getElementById("find");
if (find) {
  const links = [...document.querySelectorAll("[data-find]")];
  const layers = [...document.querySelectorAll(".tree details details")];
  const opened = layers.map((layer) => layer.open);
  const outer = document.querySelector(".outer");
  if (window.matchMedia("(max-width: 60rem)").matches) outer.open = false;
  const fits = (link, words) => {
    const text = `${link.dataset.find} ${CATALOGUE[link.dataset.find]}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    links.forEach((link) => { link.parentElement.hidden = !fits(link, words); });
    layers.forEach((layer, place) => {
      const found = [...layer.querySelectorAll("li")].some((item) => !item.hidden);
      layer.hidden = !found;
      layer.open = words.length ? found : opened[place];
    });
    document.querySelector(".tree .none").hidden = layers.some((layer) => !layer.hidden);
  });
  find.addEventListener("keydown", (event) => {
    const shown = links.filter((link) => !link.parentElement.hidden);
    const [best] = ranked(shown.map((link) => link.dataset.find), find.value.trim().toLowerCase());
    const first = shown.find((link) => link.dataset.find === best) ?? shown[0];
    if (event.key === "Enter" && find.value && first) location.assign(first.href);
  });
  document.querySelector(".tree [aria-current]")?.scrollIntoView({ block: "nearest" });
}

/* Lineage drawing: wires from inputs to readers, highlighted for the relation under the pointer. */
function draw(viewport) {
  const board = viewport.querySelector(".board");
  const sheet = board.querySelector(".wires");
  const models = new Map([...board.querySelectorAll("[data-model]")].map((link) => [link.dataset.model, link]));
  const reads = new Map([...models].map(([name, link]) => [name, link.dataset.reads.split(" ").filter((other) => models.has(other))]));
  const readBy = new Map([...models.keys()].map((name) => [name, []]));
  reads.forEach((sources, name) => sources.forEach((source) => readBy.get(source).push(name)));
  let scale = 1, pinned = null;

  let isDrawn = () => true;
  const isShown = (name) => !models.get(name).parentElement.hidden;

  /* A folded layer stands for its relations. */
  const end = (name) => {
    const link = models.get(name);
    const layer = link.closest("details");
    return layer.open ? link : layer.querySelector("summary");
  };
  function place(element) {
    const own = element.getBoundingClientRect(), base = board.getBoundingClientRect();
    const at = (value) => value / scale;
    return { left: at(own.left - base.left), right: at(own.right - base.left), middle: at((own.top + own.bottom) / 2 - base.top) };
  }
  function curve(from, to) {
    const start = place(from), stop = place(to);
    const ahead = stop.left - start.right;
    if (ahead > 0) {
      const reach = Math.max(ahead / 2, 14);
      return `M${start.right} ${start.middle}C${start.right + reach} ${start.middle} ${stop.left - reach} ${stop.middle} ${stop.left} ${stop.middle}`;
    }
    const out = Math.max(start.right, stop.right) + 10 + Math.abs(stop.middle - start.middle) / 14;
    return `M${start.right} ${start.middle}C${out} ${start.middle} ${out} ${stop.middle} ${stop.right} ${stop.middle}`;
  }
  function wire() {
    const wires = new Map();
    reads.forEach((sources, name) => sources.forEach((source) => {
      if (!isShown(source) || !isShown(name) || !isDrawn(source, name)) return;
      const from = end(source), to = end(name);
      if (from === to) return;
      const key = `${from.dataset.model ?? from.parentElement.dataset.layer}>${to.dataset.model ?? to.parentElement.dataset.layer}`;
      const path = wires.get(key) ?? document.createElementNS("http://www.w3.org/2000/svg", "path");
      if (!wires.has(key)) path.setAttribute("d", curve(from, to));
      path.pairs = [...(path.pairs ?? []), [source, name]];
      wires.set(key, path);
    }));
    sheet.replaceChildren(...wires.values());
    sheet.setAttribute("width", board.offsetWidth);
    sheet.setAttribute("height", board.offsetHeight);
  }
  function reach(start, next) {
    const found = new Set([start]);
    for (const name of found) for (const other of next.get(name)) found.add(other);
    return found;
  }
  const status = document.getElementById("status");
  const hint = status?.innerHTML;
  function light(name) {
    const above = name ? reach(name, reads) : new Set(), below = name ? reach(name, readBy) : new Set();
    board.classList.toggle("lit", Boolean(name));
    models.forEach((link, other) => {
      link.classList.toggle("self", other === name);
      link.classList.toggle("above", other !== name && above.has(other));
      link.classList.toggle("below", other !== name && below.has(other));
    });
    for (const layer of board.querySelectorAll("details")) {
      const own = [...layer.querySelectorAll("[data-model]")].map((link) => link.dataset.model);
      layer.classList.toggle("above", !layer.open && own.some((other) => above.has(other)));
      layer.classList.toggle("below", !layer.open && own.some((other) => below.has(other)));
    }
    for (const path of sheet.children) {
      path.classList.toggle("above", path.pairs.some(([from, to]) => above.has(from) && above.has(to)));
      path.classList.toggle("below", path.pairs.some(([from, to]) => below.has(from) && below.has(to)));
    }
    if (!status) return;
    if (name) status.textContent = `${name}: one row is ${models.get(name).dataset.about}. Computed from ${above.size - 1} relations (${reads.get(name).length} directly); used by ${below.size - 1} (${readBy.get(name).length} directly).`;
    else status.innerHTML = hint;
  }
  models.forEach((link, name) => {
    link.addEventListener("pointerenter", () => light(name));
    link.addEventListener("focus", () => light(name));
    link.addEventListener("blur", () => light(pinned));
    link.addEventListener("pointerleave", () => light(pinned));
  });

  function zoom(wanted) {
    scale = Math.min(Math.max(wanted, 0.25), 2.5);
    board.style.transform = `scale(${scale})`;
    board.parentElement.style.width = `${board.offsetWidth * scale}px`;
    board.parentElement.style.height = `${board.offsetHeight * scale}px`;
  }
  const least = () => (window.innerWidth < 700 ? 0.8 : 0.5);  // smaller text is unreadable
  const fitting = () => zoom(Math.max(least(), Math.min(viewport.clientWidth / board.offsetWidth, viewport.clientHeight / board.offsetHeight, 1.9)));
  const layers = [...board.querySelectorAll("details")];
  const isWhole = document.body.classList.contains("whole");
  layers.forEach((layer) => layer.addEventListener("toggle", () => { if (isWhole) fitting(); wire(); light(pinned); }));
  if (!isWhole) {
    wire();
    window.addEventListener("resize", wire);
    return;
  }
  window.addEventListener("resize", () => { fitting(); wire(); });
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    if (button.dataset.zoom === "fit") fitting();
    else zoom(scale * (button.dataset.zoom === "in" ? 1.25 : 0.8));
  }));
  document.querySelectorAll("[data-fold]").forEach((button) => button.addEventListener("click", () => {
    layers.forEach((layer) => { layer.open = button.dataset.fold === "none"; });
  }));
  viewport.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? 1.1 : 0.9));
  }, { passive: false });
  viewport.addEventListener("pointerdown", (event) => {
    if (event.target.closest("a, summary") || event.pointerType !== "mouse") return;
    const start = { x: event.clientX + viewport.scrollLeft, y: event.clientY + viewport.scrollTop };
    const move = (at) => { viewport.scrollTo(start.x - at.clientX, start.y - at.clientY); };
    viewport.classList.add("dragged");
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => {
      viewport.classList.remove("dragged");
      window.removeEventListener("pointermove", move);
    }, { once: true });
  });
  const seek = document.getElementById("seek"), sought = document.getElementById("sought");
  const depth = document.getElementById("depth");
  const address = (name, steps) => `#${encodeURIComponent(name)}${steps === "1" ? "" : `&steps=${steps}`}`;

  /* The steps to each name within some steps of a relation, along one direction. */
  function within(start, next, most) {
    const found = new Map([[start, 0]]);
    for (const [name, steps] of found)
      if (steps < most) for (const other of next.get(name)) if (!found.has(other)) found.set(other, steps + 1);
    return found;
  }
  /* Show the relation that the address names, with its neighbours up to the number of steps in it. */
  function show() {
    const [name, steps] = location.hash.slice(1).split("&steps=");
    const wanted = decodeURIComponent(name);
    pinned = models.has(wanted) ? wanted : models.has(status.dataset.opensOn) ? status.dataset.opensOn : [...models.keys()][0];
    depth.value = [...depth.options].some((option) => option.value === steps) ? steps : "1";
    const most = depth.value === "all" ? Infinity : Number(depth.value);
    const above = within(pinned, reads, most), below = within(pinned, readBy, most);
    const near = new Set([...above.keys(), ...below.keys()]);
    isDrawn = (source, name) => depth.value === "all" || above.get(source) === above.get(name) + 1 || below.get(name) === below.get(source) + 1;
    models.forEach((link, other) => { link.parentElement.hidden = depth.value !== "all" && !near.has(other); });
    for (const layer of layers) {
      layer.hidden = !layer.querySelector("li:not([hidden])");
      if (near.has(pinned) && layer.contains(models.get(pinned))) layer.open = true;
    }
    for (const lane of board.querySelectorAll(".lane")) lane.hidden = !lane.querySelector("details:not([hidden])");
    board.classList.toggle("near", depth.value !== "all");
    fitting();
    wire();
    light(pinned);
    models.get(pinned).scrollIntoView({ block: "center", inline: "center" });
  }
  models.forEach((link, name) => link.addEventListener("click", (event) => {
    if (name === pinned || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    location.hash = address(name, depth.value);
  }));
  depth.addEventListener("change", () => { location.hash = address(pinned, depth.value); });
  window.addEventListener("hashchange", show);
  function answers() {
    const text = seek.value.trim().toLowerCase();
    return text ? ranked(models.keys(), text).slice(0, 8) : [];
  }
  seek.addEventListener("input", () => {
    const found = answers();
    sought.hidden = !found.length;
    sought.replaceChildren(...found.map((name) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = address(name, depth.value);
      link.textContent = name;
      item.append(link);
      return item;
    }));
  });
  const leave = () => { sought.hidden = true; };
  sought.addEventListener("click", leave);
  seek.addEventListener("keydown", (event) => {
    const [best] = answers();
    if (event.key === "Enter" && best) location.hash = address(best, depth.value), leave();
    if (event.key === "Escape") leave();
  });
  show();
}
document.querySelectorAll(".viewport").forEach(draw);
