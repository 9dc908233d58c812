const read = (id) => JSON.parse(document.getElementById(id).textContent);
const specs = read("specs");
const themes = read("themes");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const paper = window.matchMedia("print");

async function draw() {
  const theme = dark.matches && !paper.matches ? "dark" : "light";
  const options = { actions: false, renderer: "svg", config: themes[theme], tooltip: { theme } };
  const charts = [...document.querySelectorAll("[data-chart]")];
  await Promise.all(charts.map((chart) => window.vegaEmbed(chart, specs[Number(chart.dataset.chart)], options)));
  for (const drawing of document.querySelectorAll("[data-chart] svg")) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", drawing.closest("figure").querySelector("figcaption").textContent);
  }
  document.documentElement.dataset.drawn = theme;
}

for (const media of [dark, paper]) media.addEventListener("change", draw);
await draw();
