// Choosing learners on a roster. Without this file every box still works; this adds ranges, counting and keys.
(() => {
  let last = null;
  const boxes = (form) => [...form.querySelectorAll("input[name=pick]")];

  const count = (form) => {
    const all = form.querySelector("[data-pick-all]"), page = form.querySelector("[data-pick-page]"), bar = form.querySelector("[data-bulk]");
    if (!bar) return;
    const picked = boxes(form).filter((box) => box.checked).length, total = boxes(form).length;
    page.hidden = false;
    page.checked = picked === total;
    page.indeterminate = picked > 0 && picked < total;
    bar.querySelector("[data-chosen-now]").textContent = all.checked || !picked ? "" : picked === 1 ? bar.dataset.chosenOne : bar.dataset.chosen.replace("{number}", picked);
    bar.toggleAttribute("data-active", picked > 0 || all.checked);
  };

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!box.matches?.("[data-roster] input[name=pick]")) return;
    const all = boxes(box.form);
    if (event.shiftKey && last?.isConnected && last !== box) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-roster]");
    if (!form) return;
    if ("pickPage" in event.target.dataset) boxes(form).forEach((box) => { box.checked = event.target.checked; });
    count(form);
  });

  // Up and down go from box to box; Escape lets go of everyone.
  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (!box.matches?.("[data-roster] input[name=pick]")) return;
    const all = boxes(box.form), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      all[all.indexOf(box) + step]?.focus();
    } else if (event.key === "Escape") {
      all.forEach((each) => { each.checked = false; });
      box.form.querySelector("[data-pick-all]").checked = false;
      count(box.form);
    }
  });

  const ready = () => document.querySelectorAll("[data-roster]").forEach(count);
  document.addEventListener("htmx:afterSwap", ready);
  ready();
})();
