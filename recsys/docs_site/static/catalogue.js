/* Search in the list of relations, and the lineage drawing. */
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
    const first = links.find((link) => !link.parentElement.hidden);
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
    if (name) status.textContent = `${name}: one row is ${models.get(name).dataset.about}. Computed from ${above.size - 1} relations (${reads.get(name).length} directly); used by ${below.size - 1}.`;
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
  const fit = () => zoom(Math.max(least(), Math.min(viewport.clientWidth / board.offsetWidth, viewport.clientHeight / board.offsetHeight, 1.9)));
  const layers = [...board.querySelectorAll("details")];
  const isWhole = document.body.classList.contains("whole");
  layers.forEach((layer) => layer.addEventListener("toggle", () => { if (isWhole) fit(); wire(); light(pinned); }));
  if (!isWhole) {
    wire();
    window.addEventListener("resize", wire);
    return;
  }
  fit();
  wire();
  window.addEventListener("resize", () => { fit(); wire(); });
  document.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    if (button.dataset.zoom === "fit") fit();
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
  const seek = document.getElementById("seek");
  function pin(name) {
    pinned = models.has(name) ? name : null;
    light(pinned);
    const link = models.get(pinned);
    if (!link) return;
    link.closest("details").open = true;
    link.scrollIntoView({ block: "center", inline: "center" });
  }
  seek.addEventListener("input", () => {
    const text = seek.value.trim().toLowerCase();
    const found = [...models.keys()].filter((name) => text && name.includes(text));
    models.forEach((link, name) => link.classList.toggle("found", found.includes(name)));
    pin(found.length === 1 ? found[0] : null);
  });
  seek.addEventListener("keydown", (event) => {
    const found = [...models.keys()].find((name) => models.get(name).classList.contains("found"));
    if (event.key === "Enter" && found) models.get(found).focus();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") pin(null); });
  pin(decodeURIComponent(location.hash.slice(1)));
}
document.querySelectorAll(".viewport").forEach(draw);
