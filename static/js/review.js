// Keys of the review page; the page works without them. docs/assessments.md lists them, and so does the page itself.
(() => {
  const form = document.querySelector("form[data-review]");
  if (!form) return;
  const criteria = [...form.querySelectorAll(".rubric fieldset")];
  const current = () => criteria.findIndex((part) => part.contains(document.activeElement));
  const go = (part) => (part.querySelector("input[type=radio]:checked") ?? part.querySelector("input[type=radio]")).focus();

  // The criterion in focus takes a score; without one in focus, the first that has none.
  const score = (value) => {
    const part = criteria[current()] ?? criteria.find((each) => !each.querySelector("input:checked"));
    const radio = part?.querySelector(`input[type=radio][value="${value}"]`);
    if (!radio) return;
    radio.focus();
    radio.click();
  };

  const step = (by) => {
    const here = current(), next = here < 0 ? (by > 0 ? 0 : criteria.length - 1) : here + by;
    if (criteria[next]) go(criteria[next]);
  };

  const act = {
    j: () => step(1), k: () => step(-1),
    c: () => (criteria[current()] ?? criteria[0])?.querySelector("textarea")?.focus(),
    s: () => form.querySelector("[data-do=s]").click(),
    v: () => form.querySelector("[data-do=v]").click(),
    d: () => form.querySelector("[data-decide]").focus(),
  };

  document.addEventListener("keydown", (event) => {
    if ("noShortcuts" in document.body.dataset || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=radio]), textarea, select, [contenteditable]")) return;
    const run = /^[1-4]$/.test(event.key) ? () => score(event.key) : Object.hasOwn(act, event.key) ? act[event.key] : null;
    if (!run) return;
    event.preventDefault();
    run();
  });
})();
