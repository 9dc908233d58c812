/* The SQL page: a history of queries in this browser, copying, and relations that load when a layer is opened. */
const KEY = "recsys.queries", MOST = 20;
const past = document.getElementById("past");

function queries() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

function keep(found) {
  try {
    localStorage.setItem(KEY, JSON.stringify(found.slice(0, MOST)));
  } catch { /* a browser that stores nothing has no history */ }
}

function showPast() {
  const found = queries();
  past.hidden = !found.length;
  past.querySelector("ol").replaceChildren(...found.map((text) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/sql?query=${encodeURIComponent(text)}`;
    link.textContent = text.replace(/\s+/g, " ");
    item.append(link);
    return item;
  }));
}

past.querySelector("button").addEventListener("click", () => { keep([]); showPast(); });
if (document.getElementById("result")) {
  const text = document.querySelector("#sql textarea").value;
  keep([text, ...queries().filter((other) => other !== text)]);
}
showPast();

for (const layer of document.querySelectorAll("[data-opens]"))
  layer.addEventListener("toggle", async () => {
    const answer = await fetch(layer.dataset.opens);
    if (!answer.ok) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    layer.replaceChildren(layer.querySelector("summary"), ...made.body.children);
  }, { once: true });

/* A table as text with tabs, which spreadsheets take. */
for (const button of document.querySelectorAll("[data-copy-table]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const rows = [...document.getElementById(button.dataset.copyTable).rows];
    await navigator.clipboard.writeText(rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join("\t")).join("\n"));
    button.textContent = "Copied";
  });
}
