// Let a reader step through every trace on the page that has no slider yet. Each output of a notebook
// brings this script, and the first one that runs serves them all.
(() => {
  "use strict";
  for (const root of document.querySelectorAll(".exprinfer-trace:not([data-ready])")) {
    root.dataset.ready = "";
    const { start, states, steps } = JSON.parse(root.dataset.trace);
    const find = (selector) => root.querySelector(selector);
    const slider = find("input"), shown = find("output"), play = find("[data-do=play]");
    const tapes = [...root.querySelectorAll(".tape")];
    const cells = tapes.map((tape) => [...tape.children]);
    const rows = [...root.querySelectorAll(".operations tbody tr")];

    // What is on the tapes before each step.
    let now = start.map((tape) => [...tape]);
    const contents = steps.map(([, , , ...changes]) => {
      now = now.map((tape) => [...tape]);
      for (let at = 0; at < changes.length; at += 3) {
        now[changes[at]][changes[at + 1]] = changes[at + 2];
      }
      return now;
    });

    const show = (step) => {
      const [state, heads, looks] = steps[step];
      cells.forEach((line, tape) => {
        line.forEach((cell, place) => {
          const symbol = contents[step][tape][place];
          cell.textContent = symbol === " " ? "\u00a0" : symbol;
          cell.classList.toggle("head", place === heads[tape]);
          cell.classList.toggle("looks", place === heads[tape] && (looks >> tape & 1) === 1);
        });
        const cell = line[heads[tape]], frame = tapes[tape];
        if (cell) { // only within the tape: the page must not move
          frame.scrollLeft = cell.offsetLeft - frame.offsetLeft - frame.clientWidth / 2;
        }
      });
      const text = `step ${step} of ${steps.length - 1}: ${states[state]}`;
      slider.value = step;
      slider.setAttribute("aria-valuetext", text);
      shown.textContent = text;
      const current = rows.findIndex((row) => Number(row.dataset.step) >= step);
      rows.forEach((row, number) => {
        if (number === current) row.setAttribute("aria-current", "step");
        else row.removeAttribute("aria-current");
      });
    };

    let timer = null;
    const pause = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      shown.setAttribute("aria-live", "polite");
    };
    const go = (step) => {
      pause();
      show(Math.min(Math.max(step, 0), steps.length - 1));
    };
    const at = () => Number(slider.value);
    const advance = () => {
      if (!root.isConnected || at() >= steps.length - 1) pause();
      else show(at() + 1);
    };
    const actions = {
      first: () => go(0),
      back: () => go(at() - 1),
      next: () => go(at() + 1),
      last: () => go(steps.length - 1),
      play: () => {
        if (timer !== null) return pause();
        if (at() >= steps.length - 1) show(0);
        play.textContent = "Pause";
        shown.setAttribute("aria-live", "off"); // a screen reader could not keep up
        timer = setInterval(advance, Math.min(400, Math.max(40, 12000 / steps.length)));
      },
    };
    for (const [name, action] of Object.entries(actions)) {
      find(`[data-do=${name}]`).addEventListener("click", action);
    }
    slider.addEventListener("input", () => go(at()));
    root.addEventListener("keydown", (event) => event.stopPropagation()); // shortcuts of the notebook
    for (const row of rows) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = row.dataset.step;
      button.setAttribute("aria-label", `Go to step ${row.dataset.step}`);
      button.addEventListener("click", () => go(Number(row.dataset.step)));
      row.cells[0].replaceChildren(button);
    }
    find(".noscript").remove();
    find(".controls").hidden = false;
    show(0);
  }
})();
