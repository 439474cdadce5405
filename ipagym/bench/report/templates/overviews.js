// Figures over whole runs: trade-off, latency, profiles, differences. Each gives traces and a layout.
const BANDS = [
  { upTo: 1, name: "under 1 % late or dropped", symbol: "circle" },
  { upTo: 5, name: "1 to 5 %", symbol: "square" },
  { upTo: 20, name: "5 to 20 %", symbol: "triangle-up" },
  { upTo: Infinity, name: "20 % or more", symbol: "x" },
];
const PLACES = ["top center", "bottom center", "top left", "bottom right"]; // in turn, so that neighbours' names part
const SCALE = {
  colorscale: "Cividis",
  cmin: 0,
  cmax: 20, // percent late or dropped
  colorbar: { title: { text: "late %", side: "top" }, thickness: 12, len: 0.8, ticksuffix: " %" },
};

function tradeoff(task) {
  const { cores, pas_percent: pas, violation_percent: late } = task.means;
  const all = task.agents.map((_, at) => at).filter((at) => pas[at] !== null);
  const order = all.filter((at) => task.pareto[at]).sort((a, b) => cores[a] - cores[b]);
  const bandOf = (at) => BANDS.findIndex((band) => late[at] < band.upTo);
  const traces = [...new Set(all.map(bandOf))].sort().map((number, index) => {
    const band = BANDS[number];
    const own = all.filter((at) => bandOf(at) === number);
    return {
      type: "scatter",
      mode: "markers+text",
      name: band.name,
      x: own.map((at) => cores[at]),
      y: own.map((at) => pas[at]),
      error_x: errors(task.ci95.cores, own),
      error_y: errors(task.ci95.pas_percent, own),
      text: own.map((at) => (task.pareto[at] ? nameOf(task.agents[at]) : "")),
      textposition: own.map((at) => PLACES[order.indexOf(at) % PLACES.length]),
      cliponaxis: false,
      hovertext: own.map((at) => nameOf(task.agents[at])),
      customdata: own.map((at) => late[at]),
      hovertemplate: "<b>%{hovertext}</b><br>%{x} cores<br>PAS %{y} %<br>late or dropped %{customdata} %<extra></extra>",
      marker: {
        symbol: band.symbol,
        size: own.map((at) => (task.pareto[at] ? 14 : 10)),
        color: own.map((at) => late[at]),
        ...SCALE,
        reversescale: theme() === "light", // the many late ones stand out from the ground
        showscale: index === 0,
        line: { color: variable("--text"), width: own.map((at) => (task.pareto[at] ? 2 : 0.5)) },
      },
    };
  });
  return {
    traces: [frontLine(task, all), ...traces],
    layout: layout({
      xaxis: axis("cores", { type: scaleOf([cores], 8), rangemode: "tozero" }),
      yaxis: axis("PAS (%)"),
      hovermode: "closest",
      legend: { ...layout({}).legend, y: -0.15 },
    }),
  };
}

// The steps between those that no other beats in accuracy and cores alone.
function frontLine(task, all) {
  const { cores, pas_percent: pas } = task.means;
  const best = [];
  [...all].sort((a, b) => cores[a] - cores[b] || pas[b] - pas[a]).forEach((at) => {
    if (!best.length || pas[at] > pas[best.at(-1)]) best.push(at);
  });
  return {
    type: "scatter",
    mode: "lines",
    name: "front of PAS and cores",
    x: best.map((at) => cores[at]),
    y: best.map((at) => pas[at]),
    line: { shape: "hv", color: variable("--soft"), width: 1.2, dash: "dot" },
    hoverinfo: "skip",
  };
}

const errors = (half, own) => ({
  type: "data",
  array: own.map((at) => half[at] ?? 0),
  thickness: 0.8,
  width: 0,
  color: variable("--soft"),
});

function latency(task, drawn) {
  const own = task.agents.filter((agent) => drawn.has(agent) && task.latency_s[placeIn(task, agent)]);
  const all = own.map((agent) => task.latency_s[placeIn(task, agent)]);
  const percent = data.levels.map((level) => 100 * level);
  const traces = own.map((agent, at) => ({
    type: "scatter",
    mode: "lines",
    name: nameOf(agent),
    x: all[at],
    y: percent,
    line: lineOf(agent),
    hovertemplate: `${nameOf(agent)}: %{y:.2f} % within %{x} s<extra></extra>`,
  }));
  const type = scaleOf(all);
  const place = type === "log" ? Math.log10(task.slo_s) : task.slo_s;
  return {
    traces,
    layout: layout({
      xaxis: axis("latency (s)", { type }),
      yaxis: axis("answered requests (%)", { range: [0, 101] }),
      hovermode: "closest",
      shapes: [{ type: "line", x0: task.slo_s, x1: task.slo_s, yref: "paper", y0: 0, y1: 1, line: { dash: "dot", width: 1.5, color: variable("--text") } }],
      annotations: [{ x: place, yref: "paper", y: 1, yanchor: "bottom", text: `SLO ${task.slo_s} s`, showarrow: false }],
      legend: { ...layout({}).legend, y: -0.15 },
    }),
  };
}

function profiles(drawn) {
  const { levels, shares, tasks: taken } = data.profiles;
  const own = data.agents.map((_, agent) => agent).filter((agent) => drawn.has(agent));
  const note = (agent) => (taken[agent] < tasks.length ? ` (${taken[agent]} of ${tasks.length} tasks)` : "");
  return {
    traces: own.map((agent) => ({
      type: "scatter",
      mode: "lines",
      name: nameOf(agent) + note(agent),
      x: levels,
      y: shares[agent].map((share) => 100 * share),
      line: { ...lineOf(agent), shape: "hv" },
      hovertemplate: `${nameOf(agent)}: %{y:.0f} % of runs above %{x:.2f}<extra></extra>`,
    })),
    layout: layout({
      xaxis: axis("normalised score"),
      yaxis: axis("runs above it (%)", { range: [-2, 102] }),
      hovermode: "closest",
      legend: { ...layout({}).legend, y: -0.15 },
    }),
  };
}

function differences(task, metric, reference) {
  const others = task.agents
    .filter((agent) => agent !== reference)
    .map((agent) => ({ agent, ...differenceOf(task, metric, agent, reference) }))
    .filter((each) => each.mean !== null)
    .sort((a, b) => a.mean - b.mean);
  const groups = [
    { name: "higher", symbol: "triangle-right", colour: 0, has: (each) => each.ci95 !== null && each.mean > each.ci95 },
    { name: "lower", symbol: "triangle-left", colour: 1, has: (each) => each.ci95 !== null && -each.mean > each.ci95 },
    { name: "undecided", symbol: "circle-open", colour: 6, has: (each) => each.ci95 === null || Math.abs(each.mean) <= each.ci95 },
  ];
  const traces = groups.map((group) => {
    const own = others.filter(group.has);
    return {
      type: "scatter",
      mode: "markers",
      name: group.name,
      x: own.map((each) => each.mean),
      y: own.map((each) => nameOf(each.agent)),
      customdata: own.map((each) => figure(each.ci95)),
      error_x: { type: "data", array: own.map((each) => each.ci95 ?? 0), color: colourOf(group.colour) },
      marker: { symbol: group.symbol, size: 11, color: colourOf(group.colour), line: { width: 2, color: colourOf(group.colour) } },
      hovertemplate: "<b>%{y}</b>: %{x} ± %{customdata}<extra></extra>",
    };
  });
  return {
    height: 140 + 26 * others.length,
    traces: traces.filter((trace) => trace.x.length),
    layout: layout({
      xaxis: axis(`${data.metrics[metric]}, less that of ${nameOf(reference)}`, { zeroline: true, zerolinecolor: variable("--text") }),
      yaxis: axis("", { type: "category", categoryorder: "array", categoryarray: others.map((each) => nameOf(each.agent)), dtick: 1 }),
      hovermode: "closest",
      showlegend: true,
      legend: { ...layout({}).legend, y: 1, yanchor: "bottom" },
    }),
  };
}
