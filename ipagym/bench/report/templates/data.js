// The results, and how the parts of the page read them.
const data = JSON.parse(document.getElementById("data").textContent);
const tasks = data.tasks;
const MOST_DRAWN = 7; // lines that can be told apart at once

// Names come from users; Plotly takes a few tags in texts.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const nameOf = (agent) => plain(data.agents[agent]);
const figure = (value) => (value === null || value === undefined ? "–" : String(value).replace("-", "−"));

// The place of an agent in the lists of a task; -1 where it took no part.
const placeIn = (task, agent) => task.agents.indexOf(agent);

// The agents of most reward in those tasks: by the mean of their ranks where they took part.
function best(among) {
  const rankOf = (task, agent) => {
    const own = task.means.reward[placeIn(task, agent)];
    return task.means.reward.filter((each) => each > own).length / task.agents.length;
  };
  const ranked = data.agents.flatMap((_, agent) => {
    const ranks = among.filter((task) => placeIn(task, agent) >= 0).map((task) => rankOf(task, agent));
    return ranks.length ? [{ agent, rank: ranks.reduce((sum, each) => sum + each, 0) / ranks.length }] : [];
  });
  return new Set(ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST_DRAWN).map((each) => each.agent));
}

// Differences are stored once for each pair: of the later agent less the earlier.
function differenceOf(task, metric, agent, reference) {
  const [a, b] = [placeIn(task, agent), placeIn(task, reference)];
  const [later, earlier, sign] = a > b ? [a, b, 1] : [b, a, -1];
  const at = (later * (later - 1)) / 2 + earlier;
  const { mean, ci95 } = task.differences[metric];
  return { mean: mean[at] === null ? null : sign * mean[at], ci95: ci95[at] };
}

// A value for every point from those at which it changes.
function filled(changes, points, knob) {
  let next = 0;
  return Array.from({ length: points }, (_, at) => {
    if (next < changes.length && changes[next][0] === at) next += 1;
    return changes[next - 1][1][knob];
  });
}
