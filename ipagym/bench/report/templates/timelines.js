// Figures over time: all drawn agents of a task, and one agent with its knobs.
const PANELS = [
  { title: "load<br>(req/s)", key: "load" },
  { title: "p99 latency<br>(s)", key: "latency" },
  { title: "late<br>(%)", key: "late" },
  { title: "cores", key: "cores" },
  { title: "PAS<br>(%)", key: "pas" },
];
const KNOB_PANELS = ["replicas", "batch", "cores"];
const MOST_VARIANTS = 16; // in a legend

// A value holds until the next point: the last one is drawn to the end.
function steps(times, values, trace) {
  return {
    type: "scatter",
    mode: "lines",
    x: [...times.start_s, times.end_s],
    y: [...values, values.at(-1)],
    ...trace,
    line: { shape: "hv", width: 1.6, ...trace.line },
  };
}

const loadLine = (times) =>
  steps(times, times.load, {
    name: "load",
    line: { color: variable("--soft") },
    showlegend: false,
    yaxis: yName(0),
    hovertemplate: "%{y} req/s<extra>load</extra>",
  });

function sloLine(task, panel) {
  const times = task.timeline;
  return {
    type: "scatter",
    mode: "lines",
    name: `SLO ${task.slo_s} s`,
    x: [times.start_s[0], times.end_s],
    y: [task.slo_s, task.slo_s],
    line: { color: variable("--text"), dash: "dot", width: 1.5 },
    yaxis: yName(panel),
    hoverinfo: "skip",
  };
}

function logarithmic(panel, lists) {
  if (scaleOf(lists) === "log") Object.assign(panel, LOG, { type: "log" });
}

function timeline(task, drawn) {
  const times = task.timeline;
  const own = task.agents.filter((agent) => drawn.has(agent) && times.agents[placeIn(task, agent)]);
  const linesOf = (agent) =>
    PANELS.slice(1).map(({ key }, at) =>
      steps(times, times.agents[placeIn(task, agent)][key], {
        name: nameOf(agent),
        legendgroup: `${agent}`,
        showlegend: at === 0,
        line: lineOf(agent),
        yaxis: yName(at + 1),
        hovertemplate: `%{y}<extra>${nameOf(agent)}</extra>`,
      }),
    );
  const made = panels(times, PANELS.map((panel) => panel.title), [0.8, 1.3, 1, 1.1, 1]);
  logarithmic(made.yaxis2, own.map((agent) => times.agents[placeIn(task, agent)].latency));
  logarithmic(made.yaxis4, own.map((agent) => times.agents[placeIn(task, agent)].cores));
  return {
    height: 760,
    traces: [loadLine(times), sloLine(task, 1), ...own.flatMap(linesOf)],
    layout: layout({ ...made, hovermode: "x unified", legend: { ...layout({}).legend, y: -0.08 } }),
  };
}

function agentTimeline(task, agent) {
  const times = task.timeline;
  const seen = times.agents[placeIn(task, agent)];
  const traces = [loadLine(times), sloLine(task, 1)];
  PANELS.slice(1).forEach(({ key, title }, at) =>
    traces.push(
      steps(times, seen[key], {
        name: plain(title.replace("<br>", " ")),
        showlegend: false,
        line: { color: colourOf(0) },
        yaxis: yName(at + 1),
        hovertemplate: "%{y}<extra></extra>",
      }),
    ),
  );
  const first = PANELS.length;
  traces.push(...bands(times, seen, yName(first)));
  times.stages.forEach((stage, number) => {
    const of = (values, panel, unit) =>
      traces.push(
        steps(times, values, {
          name: plain(stage),
          legendgroup: stage,
          showlegend: panel === first + 1,
          line: { color: colourOf(number), dash: DASHES[number % DASHES.length] },
          yaxis: yName(panel),
          hovertemplate: `%{y} ${unit}<extra>${plain(stage)}</extra>`,
        }),
      );
    const { changes, queue } = seen.stages[number];
    KNOB_PANELS.forEach((knob, at) =>
      of(filled(changes, times.start_s.length, times.knobs.indexOf(knob)), first + 1 + at, knob));
    of(queue, first + 1 + KNOB_PANELS.length, "waiting");
  });
  return agentFigure(times, seen, traces);
}

function agentFigure(times, seen, traces) {
  const titles = [...PANELS.map((panel) => panel.title), "variants", "replicas", "batch", "cores<br>asked", "queue"];
  const rows = Math.max(1, times.stages.length * 0.55);
  const heights = [0.8, 1, 0.8, 0.8, 0.8, rows, 1, 0.8, 1, 1];
  const made = panels(times, titles, heights);
  logarithmic(made.yaxis2, [seen.latency]);
  made.yaxis6 = { ...made.yaxis6, title: { text: "" }, type: "category", autorange: "reversed", dtick: 1 };
  return {
    height: 200 + 105 * heights.reduce((sum, each) => sum + each, 0),
    traces,
    layout: layout({ ...made, barmode: "overlay", hovermode: "x", legend: { ...layout({}).legend, y: -0.05 } }),
  };
}

// Spans of time with the same variant, a row for each stage.
function bands(times, seen, yaxis) {
  const kinds = new Map();
  times.stages.forEach((stage, number) => {
    const { changes, variants } = seen.stages[number];
    const spans = merged(changes);
    spans.forEach(([at, which], index) => {
      const variant = variants[which];
      const end = index + 1 < spans.length ? times.start_s[spans[index + 1][0]] : times.end_s;
      const key = `${stage}: ${variant}`;
      if (!kinds.has(key)) kinds.set(key, { stage, variant, base: [], length: [] });
      kinds.get(key).base.push(times.start_s[at]);
      kinds.get(key).length.push(end - times.start_s[at]);
    });
  });
  return [...kinds.values()].map((kind, number) => ({
    type: "bar",
    orientation: "h",
    name: plain(`${kind.stage}: ${kind.variant}`),
    legend: "legend",
    showlegend: kinds.size <= MOST_VARIANTS,
    x: kind.length,
    base: kind.base,
    y: kind.base.map(() => plain(kind.stage)),
    text: kind.base.map(() => plain(kind.variant)),
    textposition: "inside",
    insidetextanchor: "start",
    textangle: 0,
    insidetextfont: { color: "#1a1d21" },
    constraintext: "inside",
    customdata: kind.base.map((from, at) => [from, from + kind.length[at]]),
    hovertemplate: `${plain(kind.variant)}, %{customdata[0]} to %{customdata[1]} s<extra>${plain(kind.stage)}</extra>`,
    marker: bandMarker(number),
    yaxis,
  }));
}

// Light fills with dark texts in both themes; the pattern tells what the colour alone may not.
const bandMarker = (number) => ({
  color: ["#9CC9EC", "#F5BE91", "#A5DCC8", "#E8C1D9", "#EBD48A", "#C9CED4", "#D6E9A8"][number % 7],
  line: { color: "#333333", width: 0.6 },
  pattern: { shape: PATTERNS[number % PATTERNS.length], fgcolor: "#5f6770", size: 7, solidity: 0.12, fillmode: "overlay" },
});

const merged = (changes) =>
  changes.map(([at, values]) => [at, values[0]]).filter(([, variant], at, all) => at === 0 || variant !== all[at - 1][1]);
