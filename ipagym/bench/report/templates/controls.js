// What the reader can do: theme, task, agents, reference; figures are drawn when they come into view.
const byId = (id) => document.getElementById(id);
const chosen = { task: 0, own: null, reference: null, metric: data.compared.at(-1) };
const figures = new Map(); // the element of each figure: what it shows, and whether it was seen
const task = () => tasks[chosen.task];
const drawn = () => chosen.own ?? best([task()]); // the reader's choice, or the best of the task

async function draw(element) {
  const made = figures.get(element).make();
  if (!made || !made.traces.length) {
    Plotly.purge(element);
    element.style.height = "auto";
    element.dataset.empty = "Nothing to draw: choose other agents or another task.";
    return;
  }
  const height = Math.max(made.height ?? 0, isNarrow() ? 380 : 460);
  element.style.height = `${height}px`;
  await Plotly.react(element, made.traces, { ...made.layout, height }, CONFIG);
}

function redraw() {
  notes();
  figures.forEach((state, element) => state.seen && draw(element));
}

const watcher = new IntersectionObserver(
  (entries) =>
    entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
      watcher.unobserve(target);
      figures.get(target).seen = true;
      draw(target);
    }),
  { rootMargin: "300px" },
);

function add(element, label, make) {
  figures.set(element, { make, seen: false });
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `${label}. Figure: arrow keys read its points, Home shows all of it.`);
  const reading = document.createElement("p");
  reading.className = "reading";
  reading.setAttribute("aria-live", "polite");
  element.after(reading);
  readByKeys(element, reading);
  watcher.observe(element);
}

// Left and right go along a line, up and down from line to line.
function readByKeys(element, reading) {
  const at = { line: 0, point: -1 };
  element.addEventListener("keydown", (event) => {
    const lines = (element.data ?? []).filter((trace) => trace.hoverinfo !== "skip");
    const [along, across] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key] ?? [0, 0];
    if (event.target !== element || !lines.length) return;
    if (event.key === "Home") draw(element);
    if (!along && !across) return;
    event.preventDefault();
    at.line = (at.line + across + lines.length) % lines.length;
    const trace = lines[at.line];
    at.point = Math.min(Math.max(at.point + along, 0), trace.x.length - 1);
    reading.textContent = `${trace.name}${panelOf(element, trace)}: ${pointText(trace, at.point)}`;
    const number = element.data.indexOf(trace);
    Plotly.Fx.hover(element, [{ curveNumber: number, pointNumber: at.point }], [`x${trace.yaxis ?? "y"}`]);
  });
}

function panelOf(element, trace) {
  const name = (trace.yaxis ?? "y").replace("y", "yaxis");
  const title = element.layout[name]?.title?.text?.replace("<br>", " ");
  return title && title !== trace.name ? `, ${title}` : "";
}

function pointText(trace, point) {
  if (trace.type === "bar") return `${trace.text[point]}, ${trace.customdata[point].map(figure).join(" to ")} s`;
  const name = trace.hovertext ? `${trace.hovertext[point]}, ` : "";
  const [x, y] = [trace.x[point], trace.y[point]].map((value) => figure(typeof value === "number" ? Number(value.toPrecision(4)) : value));
  return `${name}${x}; ${y}`;
}

function notes() {
  const { seed, together } = task().timeline;
  byId("timeline-note").textContent =
    `Seed ${seed}. Drag to zoom, double-click to see all.` +
    (together > 1 ? ` ${together} windows to a point: of latency the highest, of the rest the mean.` : "");
  byId("latency-note").textContent = task().latency_s.some(Boolean)
    ? "All answered requests of all seeds: the share answered within each time. Dropped ones are not in it."
    : "The folder holds no latencies of single requests for this task.";
  const [least, best] = data.profiles.scales[task().name];
  byId("profiles-note").textContent =
    `Score on ${task().name}: 0 is the mean reward of ${least}, 1 that of ${best}.`;
}

function options(select, entries, selected) {
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value, false, value === selected)));
}

function references() {
  const has = (name) => task().agents.find((agent) => data.agents[agent] === name);
  if (placeIn(task(), chosen.reference) < 0) chosen.reference = has("static:best") ?? has("ipa") ?? task().agents[0];
  options(byId("reference"), task().agents.map((agent) => [agent, data.agents[agent]]), chosen.reference);
}

function boxes() {
  byId("boxes").replaceChildren(...data.agents.map((name, agent) => {
    const [label, box] = [document.createElement("label"), document.createElement("input")];
    box.type = "checkbox";
    box.checked = drawn().has(agent);
    box.addEventListener("change", () => {
      chosen.own ??= drawn();
      chosen.own[box.checked ? "add" : "delete"](agent);
      redraw();
    });
    label.append(box, name);
    return label;
  }));
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  document.documentElement.classList.toggle("dark", name === "dark");
  byId("theme").setAttribute("aria-pressed", String(name === "dark"));
}

function addAgents() {
  document.querySelectorAll("details.agent").forEach((section) => {
    const agent = Number(section.dataset.agent);
    const make = () => {
      const shown = [task(), ...tasks].find((each) => each.timeline.agents[placeIn(each, agent)]);
      section.querySelector(".note").textContent = shown ? `${shown.name}, seed ${shown.timeline.seed}.` : "";
      return shown ? agentTimeline(shown, agent) : null;
    };
    section.addEventListener("toggle", () => {
      const chart = section.querySelector(".chart");
      if (section.open && !figures.has(chart)) add(chart, `Timeline of ${data.agents[agent]}`, make);
    });
  });
}

function openTarget() {
  const target = document.querySelector(/^#agent-\d+$/.test(location.hash) ? location.hash : ":not(*)");
  if (!target) return;
  target.open = true;
  target.scrollIntoView();
}

const system = matchMedia("(prefers-color-scheme: dark)");
setTheme(system.matches ? "dark" : "light");
system.addEventListener("change", () => { setTheme(system.matches ? "dark" : "light"); redraw(); });
byId("theme").addEventListener("click", () => { setTheme(theme() === "dark" ? "light" : "dark"); redraw(); });
byId("task").addEventListener("change", (event) => { chosen.task = Number(event.target.value); references(); boxes(); redraw(); });
byId("reference").addEventListener("change", (event) => { chosen.reference = Number(event.target.value); redraw(); });
byId("metric").addEventListener("change", (event) => { chosen.metric = event.target.value; redraw(); });
window.addEventListener("hashchange", openTarget);

new DataTable("#table", {
  paging: false,
  order: [],
  columnControl: ["searchDropdown"],
  layout: { topStart: "search", topEnd: null, bottomStart: "info", bottomEnd: null },
  language: { search: "Filter", info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "no row" },
});
options(byId("metric"), data.compared.map((key) => [key, data.metrics[key]]), chosen.metric);
references();
boxes();
notes();
add(byId("tradeoff-chart"), "Accuracy against cost", () => tradeoff(task()));
add(byId("timeline-chart"), "Timeline of the drawn agents", () => timeline(task(), drawn()));
add(byId("latency-chart"), "Distribution of latency", () => latency(task(), drawn()));
add(byId("profiles-chart"), "Performance profiles", () => profiles(chosen.own ?? best(tasks)));
add(byId("differences-chart"), "Paired differences", () => differences(task(), chosen.metric, chosen.reference));
addAgents();
openTarget();
