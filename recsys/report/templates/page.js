const read = (id) => JSON.parse(document.getElementById(id).textContent);
const specs = read("specs");
const themes = read("themes");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  const options = {
    actions: false,
    renderer: "svg",
    config: themes[dark.matches ? "dark" : "light"],
    tooltip: { theme: dark.matches ? "dark" : "light" },
  };
  const charts = [...document.querySelectorAll("[data-chart]")];
  await Promise.all(charts.map((chart) => window.vegaEmbed(chart, specs[Number(chart.dataset.chart)], options)));
  document.documentElement.dataset.drawn = dark.matches ? "dark" : "light";
}

/* Lights up what a model of the lineage is made from, at however many removes, and what is made from it. */
function lightUp(drawing) {
  const edges = [...drawing.querySelectorAll(".edge")];
  const models = [...drawing.querySelectorAll(".model")];

  function reach(start, near, far) {
    const found = new Set([start]);
    for (const name of found)
      for (const edge of edges) if (edge.dataset[near] === name) found.add(edge.dataset[far]);
    return found;
  }

  function show(name) {
    const above = name ? reach(name, "to", "from") : new Set();
    const below = name ? reach(name, "from", "to") : new Set();
    for (const model of models) {
      const lit = above.has(model.dataset.model) || below.has(model.dataset.model);
      model.classList.toggle("lit", lit);
      model.classList.toggle("dim", Boolean(name) && !lit);
    }
    for (const edge of edges) {
      const lit = above.has(edge.dataset.to) && above.has(edge.dataset.from)
        || below.has(edge.dataset.to) && below.has(edge.dataset.from);
      edge.classList.toggle("lit", lit);
      edge.classList.toggle("dim", Boolean(name) && !lit);
    }
  }

  for (const model of models) {
    model.addEventListener("pointerenter", () => show(model.dataset.model));
    model.addEventListener("click", () => show(model.dataset.model));
  }
  drawing.addEventListener("pointerleave", () => show(null));
}

dark.addEventListener("change", draw);
document.querySelectorAll("svg.lineage").forEach(lightUp);
await draw();
