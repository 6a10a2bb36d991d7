// The search box: what htmx brings is a list to walk through by the arrow keys. Without this file Enter opens the page.
(() => {
  document.querySelectorAll("[data-finder]").forEach((form) => {
    const box = form.querySelector("[role='combobox']"), list = form.querySelector("[role='listbox']");
    const options = () => [...list.querySelectorAll("[role='option']")];
    const current = () => options().find((option) => option.getAttribute("aria-selected") === "true");
    const show = (open) => {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) mark(null);
    };
    const mark = (option) => {
      options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
      if (option) {
        box.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      } else box.removeAttribute("aria-activedescendant");
    };
    const STEPS = { ArrowDown: 1, ArrowUp: -1 };

    list.addEventListener("htmx:afterSwap", () => show(list.childElementCount > 0 && document.activeElement === box));
    box.addEventListener("focus", () => show(list.childElementCount > 0));
    form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) show(false); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); show(false); return; }
      if (event.key === "Enter" && current()) { event.preventDefault(); location.assign(current().href); return; }
      const step = STEPS[event.key], all = options();
      if (!step || !all.length) return;
      event.preventDefault();
      show(true);
      const at = all.indexOf(current());
      mark(at < 0 ? all.at(step > 0 ? 0 : -1) : all[(at + step + all.length) % all.length]);
    });
  });
})();
