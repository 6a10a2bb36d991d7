// Weekly hours painted on a grid. The rows of times below it stay the truth and are what is saved: painting fills them in.
(() => {
  const grid = document.querySelector("[data-week-grid]");
  if (!grid) return;
  const form = grid.closest("form"), typed = form.querySelector("[data-typed]");
  const table = grid.querySelector("table"), box = table.parentElement, said = grid.querySelector("[data-said]");
  const control = (name) => grid.querySelector(`[data-${name}]`);
  const undoButton = grid.querySelector("[data-do=undo]");
  const days = [...table.tHead.querySelectorAll("th")].map((head) => head.abbr);
  const DAY = 1440, HOLD = 300, EDGE = 24;

  // -- hours: for each weekday the windows that start on it, as [start, end) in minutes; past 1440 is the next day -------

  let week = [];
  const undo = [];

  const merge = (windows) => windows.toSorted((a, b) => a[0] - b[0]).reduce((merged, [start, end]) => {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
    return merged;
  }, []);
  const cut = (windows, from, to) => windows.flatMap(([start, end]) => [[start, Math.min(end, from)], [Math.max(start, to), end]]).filter(([start, end]) => start < end);
  const before = (day) => (day + 6) % 7, after = (day) => (day + 1) % 7;
  // What is open on a day, also by a window that began the day before.
  const shownOn = (day) => merge([...week[day].map(([start, end]) => [start, Math.min(end, DAY)]), ...week[before(day)].filter(([, end]) => end > DAY).map(([, end]) => [0, end - DAY])]);

  const paint = (day, from, to, open) => {
    if (open) {
      const missing = shownOn(day).reduce((left, [start, end]) => cut(left, start, end), [[from, to]]);
      week[day] = merge([...week[day], ...missing]);
    } else {
      const spilling = cut(week[before(day)], from + DAY, to + DAY);
      week[before(day)] = spilling.filter(([start]) => start < DAY);
      week[day] = merge([...cut(week[day], from, to), ...spilling.filter(([start]) => start >= DAY).map(([start, end]) => [start - DAY, end - DAY])]);
    }
    [before(day), day].forEach(join);
    [before(day), day].forEach(part);
  };
  // A window and the one that goes on from it after midnight are one, as far as one window can be: within 24 hours.
  const join = (day) => week[day].forEach((window) => {
    const next = week[after(day)].findIndex(([start, end]) => window[1] >= DAY && start <= window[1] - DAY && end + DAY - window[0] < DAY);
    if (next >= 0) window[1] = Math.max(window[1], week[after(day)].splice(next, 1)[0][1] + DAY);
  });
  const part = (day) => week[day].filter(([start, end]) => end > DAY && end - start >= DAY).forEach((window) => {
    week[after(day)] = merge([...week[after(day)], [0, window[1] - DAY]]);
    window[1] = DAY;
  });

  // -- rows of times -----------------------------------------------------------------------------------------------------

  const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  const clock = (minute) => [Math.floor(minute / 60) % 24, minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
  const fieldsets = days.map((_, day) => typed.querySelector(`[data-weekday="${day}"]`));
  const rowsOf = (day) => [...fieldsets[day].querySelectorAll(".window-rows > div")].map((row) => ({ row, start: row.querySelector("[name$=-start]"), end: row.querySelector("[name$=-end]"), gone: row.querySelector("[name$=-DELETE]") }));

  const read = () => days.map((_, day) => merge(rowsOf(day).filter(({ start, end, gone }) => start.value && end.value && !gone?.checked).map(({ start, end }) => {
    const [from, to] = [minutes(start.value), minutes(end.value)];
    return [from, to > from ? to : to + DAY];
  })));

  const addRow = (day) => {
    const total = form.elements["windows-TOTAL_FORMS"], fragment = fieldsets[day].querySelector("template").content.cloneNode(true);
    fragment.querySelectorAll("[name], label").forEach((part) => ["name", "id", "for"].forEach((key) => {
      if (part.hasAttribute(key)) part.setAttribute(key, part.getAttribute(key).replace("__prefix__", total.value));
    }));
    fragment.querySelector("[name$=-weekday]").value = day;
    total.value = Number(total.value) + 1;
    fieldsets[day].querySelector(".window-rows").append(fragment);
  };

  const write = () => week.forEach((windows, day) => {
    while (rowsOf(day).length <= windows.length) addRow(day);
    rowsOf(day).forEach(({ row, start, end, gone }, place) => {
      [start.value, end.value] = windows[place]?.map(clock) ?? ["", ""];
      if (gone) gone.checked = false;
      row.hidden = place > windows.length;
      row.querySelectorAll(".error").forEach((error) => error.remove());
    });
  });

  // -- the grid ----------------------------------------------------------------------------------------------------------

  let step = 30, cells = [], focus = { day: 0, row: 0 };
  const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, word) => words[word]);

  const build = () => {
    const rows = Array.from({ length: DAY / step }, (_, row) => row * step);
    cells = days.map(() => []);
    table.tBodies[0].replaceChildren(...rows.map((minute, row) => {
      const line = document.createElement("tr"), head = document.createElement("th");
      head.scope = "row";
      head.append(Object.assign(document.createElement("span"), { textContent: clock(minute), className: minute % 60 ? "vh" : "" }));
      line.className = minute % 60 ? "" : "hour";
      line.append(head, ...days.map((_, day) => {
        const cell = document.createElement("td");
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        Object.assign(cell.dataset, { day, row });
        return cells[day][row] = cell;
      }));
      return line;
    }));
    render();
  };

  const render = () => {
    days.forEach((name, day) => {
      const shown = shownOn(day);
      cells[day].forEach((cell, row) => {
        const from = row * step, to = from + step;
        const open = shown.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)), 0);
        const state = open === step ? "open" : open ? "partly" : "closed", begins = shown.find(([start]) => start >= from && start < to);
        if (cell.className !== state) {
          cell.className = state;
          cell.setAttribute("aria-selected", String(state === "open"));
          cell.setAttribute("aria-label", fill(grid.dataset.cell, { day: name, time: clock(from), state: grid.dataset[state] }));
        }
        cell.dataset.hours = begins && begins[1] - begins[0] >= 30 ? begins.map(clock).join("–") : "";
      });
    });
    undoButton.disabled = undo.length === 0;
  };

  const isOpen = ({ day, row }) => cells[day][row].className === "open";
  const goTo = ({ day, row }) => {
    cells[focus.day][focus.row]?.setAttribute("tabindex", "-1");
    focus = { day, row };
    cells[day][row].tabIndex = 0;
    control("day").value = day;
  };

  // -- strokes: from one cell to another, all that lies between becomes what the first one became ---------------------------

  let stroke = null;
  const remember = () => undo.push(JSON.stringify(week));
  const begin = (at, open = !isOpen(at)) => {
    remember();
    stroke = { at, open, week: undo.at(-1) };
    extend(at);
  };
  const extend = (to) => {
    const [first, last] = [stroke.at.day, to.day].sort(), [top, bottom] = [stroke.at.row, to.row].sort((a, b) => a - b);
    stroke.words = { day: days[first], last: days[last], from: clock(top * step), until: clock((bottom + 1) * step), state: grid.dataset[stroke.open ? "open" : "closed"] };
    stroke.one = first === last;
    week = JSON.parse(stroke.week);
    for (let day = first; day <= last; day++) paint(day, top * step, (bottom + 1) * step, stroke.open);
    goTo(to);
    render();
  };
  const commit = (text) => {
    write();
    said.textContent = text;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const commitStroke = () => commit(fill(grid.dataset[stroke.one ? "one" : "many"], stroke.words));
  const finish = () => {
    if (!stroke) return;
    commitStroke();
    stroke = null;
  };

  const cellAt = (x, y) => {
    const cell = document.elementFromPoint(x, y)?.closest("[data-week-grid] [role=gridcell]");
    return cell && { day: Number(cell.dataset.day), row: Number(cell.dataset.row) };
  };
  const drag = (x, y) => {
    const { top, bottom } = box.getBoundingClientRect(), head = table.tHead.offsetHeight;
    if (y > bottom - EDGE) box.scrollTop += EDGE / 2;
    else if (y < top + head + EDGE) box.scrollTop -= EDGE / 2;
    const at = cellAt(x, y);
    if (at && (at.day !== focus.day || at.row !== focus.row)) extend(at);
  };

  table.addEventListener("pointerdown", (event) => {
    const at = cellAt(event.clientX, event.clientY);
    if (event.pointerType === "touch" || event.button !== 0 || !at) return;
    event.preventDefault();
    finish();
    begin(at);
    cells[at.day][at.row].focus({ preventScroll: true });
    const move = (next) => drag(next.clientX, next.clientY);
    const up = () => { document.removeEventListener("pointermove", move); finish(); };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", up, { once: true });
  });

  // Touch: a finger that moves scrolls, as everywhere; a tap toggles, a finger held down paints.
  let hold = 0, touched = null;
  table.addEventListener("touchstart", (event) => {
    const { clientX, clientY } = event.touches[0];
    touched = event.touches.length === 1 ? cellAt(clientX, clientY) : null;
    clearTimeout(hold);
    if (touched) hold = setTimeout(() => { finish(); begin(touched); }, HOLD);
  }, { passive: true });
  table.addEventListener("touchmove", (event) => {
    if (!stroke || !touched) { clearTimeout(hold); touched = null; return; }
    event.preventDefault();
    drag(event.touches[0].clientX, event.touches[0].clientY);
  }, { passive: false });
  table.addEventListener("touchend", (event) => {
    clearTimeout(hold);
    if (!touched) return;
    event.preventDefault();
    if (!stroke) begin(touched);
    finish();
    touched = null;
  });
  table.addEventListener("touchcancel", () => { clearTimeout(hold); touched = null; finish(); });
  table.addEventListener("contextmenu", (event) => { if (touched) event.preventDefault(); });

  // A screen reader's own click comes without a pointer.
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (!cell || event.detail) return;
    begin({ day: Number(cell.dataset.day), row: Number(cell.dataset.row) });
    finish();
  });

  const MOVES = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], PageUp: [0, -8], PageDown: [0, 8], Home: [-6, 0], End: [6, 0] };
  const within = (value, most) => Math.min(Math.max(value, 0), most);
  table.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); takeBack(); return; }
    const move = MOVES[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || !(move || event.key === " ")) return;
    event.preventDefault();
    const to = move && { day: within(focus.day + move[0], 6), row: within(focus.row + move[1], DAY / step - 1) };
    if (event.key === " ") begin(focus);
    else if (event.shiftKey) { if (!stroke) begin(focus, isOpen(focus)); extend(to); }
    else { stroke = null; goTo(to); }
    if (stroke) commitStroke();
    cells[focus.day][focus.row].focus({ preventScroll: true });
    cells[focus.day][focus.row].scrollIntoView({ block: "nearest" });
  });
  table.addEventListener("focusin", (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (cell && !stroke) goTo({ day: Number(cell.dataset.day), row: Number(cell.dataset.row) });
  });
  table.addEventListener("focusout", (event) => { if (!table.contains(event.relatedTarget)) finish(); });

  // -- buttons -----------------------------------------------------------------------------------------------------------

  const takeBack = () => {
    stroke = null;
    if (!undo.length) return;
    week = JSON.parse(undo.pop());
    render();
    commit(grid.dataset.undone);
  };
  const copyDay = (day, targets) => {
    remember();
    targets.filter((target) => target !== day).forEach((target) => { week[target] = structuredClone(week[day]); });
    render();
    commit(fill(grid.dataset.copied, { day: days[day] }));
  };
  const clearDay = (day) => {
    remember();
    week[day] = [];
    paint(day, 0, DAY, false);
    render();
    commit(fill(grid.dataset.cleared, { day: days[day] }));
  };

  grid.addEventListener("click", (event) => {
    const action = event.target.closest("[data-do]")?.dataset.do, day = Number(control("day").value);
    if (action === "copy") copyDay(day, [...control("to").value].map(Number));
    else if (action === "clear") clearDay(day);
    else if (action === "undo") takeBack();
  });
  control("step").addEventListener("change", (event) => {
    event.stopPropagation();
    const minute = focus.row * step;
    step = Number(event.target.value);
    build();
    goTo({ day: focus.day, row: Math.floor(minute / step) });
  });
  typed.addEventListener("change", () => {
    remember();
    week = read();
    render();
  });

  // -- begin -------------------------------------------------------------------------------------------------------------

  week = read();
  if (week.flat(2).some((minute) => minute % 30)) step = Number(control("step").value = "15");
  grid.hidden = false;
  typed.open = typed.querySelector(".error") !== null;
  build();
  const first = Math.min(...week.flat().map(([start]) => start), 9 * 60);
  goTo({ day: 0, row: Math.floor(first / step) });
  box.scrollTop = cells[0][Math.floor(first / step)].offsetTop - table.tHead.offsetHeight - EDGE;
})();
