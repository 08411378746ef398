"use strict";
// Draws the charts: one card per metric. Hover shows values, dragging zooms, double click shows everything again, the
// buttons of the legend switch arms on and off.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const host = document.getElementById("charts");
  if (!host) return;

  // Colours that stay apart for colour-blind readers, for light and dark ground.
  const palettes = {
    light: ["#0067ab", "#c8500a", "#008661", "#b0508c", "#a67c00", "#6b4fc0", "#2f98c9", "#6b6f76"],
    dark: ["#5aaef0", "#f0894a", "#3fc79a", "#e08fc0", "#e3bd4a", "#a892f5", "#7fd0f2", "#a9adb5"],
  };
  const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const names = [...data.arms];
  for (const chart of data.charts)
    for (const arm of chart.arms) if (!names.includes(arm.name)) names.push(arm.name);

  const look = (name) => {
    const i = names.indexOf(name), colours = palettes[dark.matches ? "dark" : "light"];
    return { colour: colours[i % colours.length], dash: dashes[Math.floor(i / colours.length) % dashes.length] };
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = (v) =>
    v === null || v === undefined ? "–"
      : v !== 0 && (Math.abs(v) >= 1e6 || Math.abs(v) < 1e-3) ? v.toExponential(2) : String(+v.toPrecision(5));
  const element = (tag, attributes, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
    e.append(...children);
    return e;
  };

  function datasets(chart, seeds) {
    const sets = [];
    for (const arm of chart.arms) {
      const several = arm.lines.length > 1;
      for (const line of arm.lines) {
        const faint = several && line.label !== "mean";
        if (faint && !seeds) continue;
        sets.push({
          arm: arm.name, seed: line.label, faint,
          label: (arm.name || chart.metric) + (line.label && (several || line.label !== "0") ? (line.label === "mean" ? " (mean)" : " (seed " + line.label + ")") : ""),
          data: line.x.map((x, i) => ({ x, y: line.y[i] })),
          pointRadius: line.x.length === 1 ? 3 : 0, pointHoverRadius: 3, spanGaps: false,
        });
      }
    }
    return sets;
  }

  function paint(plot) {
    const ink = css("--muted"), grid = css("--line");
    for (const set of plot.data.datasets) {
      const { colour, dash } = look(set.arm);
      set.borderColor = set.faint ? colour + "55" : colour;
      set.backgroundColor = set.pointBackgroundColor = colour;
      set.borderDash = dash;
      set.borderWidth = set.faint ? 1 : 2;
      set.order = set.faint ? 1 : 0;
    }
    for (const axis of Object.values(plot.options.scales)) {
      axis.ticks.color = ink; axis.grid.color = grid; axis.border = { color: grid };
      if (axis.title) axis.title.color = ink;
    }
  }

  function options() {
    return {
      animation: false, maintainAspectRatio: false, responsive: true, parsing: false, normalized: true,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: { type: "linear", title: { display: true, text: "step" }, ticks: { maxTicksLimit: 8, includeBounds: false, callback: (v) => short(v) }, grid: {} },
        y: { type: "linear", ticks: { maxTicksLimit: 6, includeBounds: false, callback: (v) => short(v) }, grid: {} },
      },
      plugins: {
        legend: { display: false }, decimation: { enabled: false },
        tooltip: {
          filter: (item, i, all) => !item.dataset.faint || all.length <= 8,
          itemSort: (a, b) => b.parsed.y - a.parsed.y,
          callbacks: {
            title: (items) => (items.length ? "step " + short(items[0].parsed.x) : ""),
            label: (item) => " " + item.dataset.label + ": " + short(item.parsed.y),
          },
        },
      },
    };
  }

  // Dragging over the plot chooses a range of steps; the value axis follows.
  function zoomable(plot, area) {
    let start = null;
    const band = element("div", { class: "band-x", hidden: "" });
    area.append(band);
    const at = (event) => {
      const { left, right } = plot.chartArea, x = event.clientX - area.getBoundingClientRect().left;
      return Math.min(right, Math.max(left, x));
    };
    const canvas = plot.canvas;
    canvas.addEventListener("pointerdown", (e) => { if (e.button === 0) { start = at(e); canvas.setPointerCapture(e.pointerId); } });
    canvas.addEventListener("pointermove", (e) => {
      if (start === null) return;
      const x = at(e);
      band.hidden = Math.abs(x - start) < 4;
      band.style.left = Math.min(x, start) + "px";
      band.style.width = Math.abs(x - start) + "px";
    });
    canvas.addEventListener("pointerup", (e) => {
      if (start === null) return;
      const ends = [start, at(e)].sort((a, b) => a - b);
      start = null; band.hidden = true;
      if (ends[1] - ends[0] >= 4) zoom(plot, ...ends.map((p) => plot.scales.x.getValueForPixel(p)));
    });
    canvas.addEventListener("pointercancel", () => { start = null; band.hidden = true; });
    canvas.addEventListener("dblclick", () => zoom(plot));
  }

  function zoom(plot, min, max) {
    Object.assign(plot.options.scales.x, { min, max });
    const inside = plot.data.datasets.flatMap((s, i) => plot.isDatasetVisible(i) ? s.data : [])
      .filter((p) => p.y !== null && (min === undefined || (p.x >= min && p.x <= max))).map((p) => p.y);
    const low = Math.min(...inside), high = Math.max(...inside), pad = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
    const all = min === undefined || !inside.length || plot.options.scales.y.type === "logarithmic";
    Object.assign(plot.options.scales.y, all ? { min: undefined, max: undefined } : { min: low - pad, max: high + pad });
    plot.update();
  }

  function toggle(text, pressed, act) {
    const button = element("button", { type: "button", "aria-pressed": String(pressed) }, text);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      act(on);
    });
    return button;
  }

  function card(chart) {
    const several = chart.arms.some((a) => a.lines.length > 1), hidden = new Set();
    const canvas = element("canvas", { role: "img", "aria-label": chart.metric + " by step" });
    const area = element("div", { class: "plot" }, canvas);
    const tools = element("div", { class: "tools" }), legend = element("div", { class: "legend" });
    const box = element("div", { class: "chart" }, element("header", {}, element("h4", {}, chart.metric), tools), legend, area);
    const plots = { now: null };
    const show = () => plots.now.data.datasets.forEach((s, i) => plots.now.setDatasetVisibility(i, !hidden.has(s.arm)));
    plots.now = new Chart(canvas, { type: "line", data: { datasets: datasets(chart, true) }, options: options() });
    paint(plots.now); plots.now.update();
    if (several) tools.append(toggle("seeds", true, (on) => {
      plots.now.data.datasets = datasets(chart, on); paint(plots.now); show(); plots.now.update();
    }));
    const positive = chart.arms.every((a) => a.lines.every((l) => l.y.every((y) => y === null || y > 0)));
    if (positive) tools.append(toggle("log", false, (on) => {
      plots.now.options.scales.y.type = on ? "logarithmic" : "linear"; zoom(plots.now);
    }));
    const all = element("button", { type: "button", title: "Drag over the plot to zoom; double click shows everything" }, "show all");
    all.addEventListener("click", () => zoom(plots.now));
    tools.append(all);
    for (const arm of chart.arms) {
      if (!arm.name) continue;
      const swatch = element("span", { class: "swatch" });
      const button = toggle("", true, (on) => { hidden[on ? "delete" : "add"](arm.name); show(); plots.now.update(); });
      button.append(swatch, arm.name);
      button.repaint = () => { swatch.style.background = look(arm.name).colour; };
      button.repaint();
      legend.append(button);
    }
    zoomable(plots.now, area);
    return { box, repaint() { paint(plots.now); legend.childNodes.forEach((b) => b.repaint && b.repaint()); plots.now.update(); } };
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const cards = [];
  const stages = [...new Set(data.charts.map((c) => c.stage))];
  for (const stage of stages) {
    if (stage) host.append(element("h3", {}, stage));
    const grid = element("div", { class: "grid" });
    host.append(grid);
    for (const chart of data.charts.filter((c) => c.stage === stage)) {
      const made = card(chart);
      grid.append(made.box);
      cards.push(made);
    }
  }
  requestAnimationFrame(() => cards.forEach((c) => c.repaint()));
  dark.addEventListener("change", () => cards.forEach((c) => c.repaint()));
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
})();
