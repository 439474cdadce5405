// How figures look: colours, dashes and shapes by agent, and what all layouts share.
const { palette: PALETTE, dashes: DASHES, agents: LOOKS } = data.looks;
const PATTERNS = ["", "/", "x", "-", "|", "+", ".", "\\"];
const CONFIG = {
  responsive: true,
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};

const LOG = { dtick: 1, minor: { ticks: "outside", ticklen: 4, dtick: "D1" } };

const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (number) => PALETTE[theme()][number % PALETTE.light.length];
const isNarrow = () => window.innerWidth < 600;

function lineOf(agent) {
  const [colour, dash] = LOOKS[agent];
  return { color: colourOf(colour), dash: DASHES[dash], width: 1.8 };
}

function axis(title, more = {}) {
  const line = variable("--line");
  return {
    title: { text: title, standoff: 6 },
    gridcolor: line,
    zerolinecolor: line,
    linecolor: line,
    automargin: true,
    ...(more.type === "log" ? LOG : {}),
    ...more,
  };
}

function layout(more) {
  const [text, back] = [variable("--text"), variable("--back")];
  return {
    paper_bgcolor: back,
    plot_bgcolor: back,
    font: { color: text, size: isNarrow() ? 11 : 13, family: "system-ui, DejaVu Sans, sans-serif" },
    margin: { l: 10, r: 10, t: 34, b: 10 },
    hoverlabel: { bgcolor: variable("--panel"), bordercolor: variable("--line"), font: { color: text } },
    legend: { orientation: "h", y: -0.02, yanchor: "top", x: 0, yref: "paper", bgcolor: "rgba(0,0,0,0)" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: variable("--soft"), activecolor: text },
    dragmode: isNarrow() ? false : "zoom", // on a phone a finger scrolls the page
    ...more,
  };
}

// Panels above each other that share the axis of time; the first is on top.
function panels(times, titles, heights) {
  const whole = heights.reduce((sum, each) => sum + each, 0);
  const gap = 0.02;
  let top = 1;
  const made = {};
  titles.forEach((title, at) => {
    const height = (heights[at] / whole) * (1 - gap * (titles.length - 1));
    made[at === 0 ? "yaxis" : `yaxis${at + 1}`] = axis(title, {
      domain: [Math.max(top - height, 0), top],
      rangemode: title.startsWith("PAS") ? "normal" : "tozero",
      nticks: 5,
    });
    top -= height + gap;
  });
  made.xaxis = axis("time (s)", {
    anchor: yName(titles.length - 1),
    range: [times.start_s[0], times.end_s],
    hoverformat: ".0f",
  });
  return made;
}

const yName = (panel) => (panel === 0 ? "y" : `y${panel + 1}`);

// A logarithmic axis where values differ by more than this factor.
function scaleOf(lists, factor = 20) {
  const values = lists.flat().filter((each) => each !== null && each > 0);
  return values.length && Math.max(...values) > factor * Math.min(...values) ? "log" : "linear";
}
