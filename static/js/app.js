// Progressive enhancement only: every page works without this file.
(() => {
  const root = document.documentElement;
  const words = () => document.body.dataset;

  // Controls that need a script are served hidden; new fragments get the same treatment.
  const SCRIPTED = "button[hidden]:is([data-reveal], [data-copy], [data-dismiss], [data-print])";
  const within = (part, selector) => [...(part.matches?.(selector) ? [part] : []), ...part.querySelectorAll(selector)];
  // A button that books names the time that was chosen.
  const nameButton = (radio) => {
    const name = radio.form?.querySelector("[data-names]");
    if (name) name.textContent = name.dataset.names.replace("{when}", radio.dataset.when);
  };
  const enhance = (part) => {
    within(part, SCRIPTED).forEach((button) => { button.hidden = false; });
    within(part, "input[data-when]:checked").forEach(nameButton);
    within(part, ".error-summary")[0]?.focus();
  };

  const toast = (text) => {
    const box = document.createElement("div");
    box.className = "toast error";
    box.setAttribute("role", "alert");
    const say = document.createElement("span");
    say.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.dataset.dismiss = "";
    close.textContent = words().dismiss;
    box.append(say, close);
    document.getElementById("toasts")?.append(box);
  };

  const copy = async (button) => {
    const label = button.querySelector("span"), before = label.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = words().copied;
    setTimeout(() => { label.textContent = before; }, 1600);
  };

  const reveal = (button) => {
    const input = document.getElementById(button.dataset.reveal), show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.reveal) reveal(button);
    else if ("dismiss" in button.dataset) button.closest(".toast").remove();
    else if ("print" in button.dataset) window.print();
  });

  document.addEventListener("change", (event) => { if (event.target.dataset.when) nameButton(event.target); });

  // Language and theme come back to the page as it is now, filters included; the theme changes at once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-stay]")) return;
    form.elements.next.value = location.pathname + location.search;
    if (event.submitter?.name !== "theme") return;
    event.preventDefault();
    root.dataset.theme = event.submitter.value;
    form.querySelector(`button:not([value="${event.submitter.value}"])`).focus();
    fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), keepalive: true, redirect: "manual" });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || "noShortcuts" in words() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]")) return;
    const box = [...document.querySelectorAll("[data-hotkey='/']")].find((each) => each.offsetParent);
    if (!box) return;
    event.preventDefault();
    if (box.matches("a")) box.click(); else box.focus();
  });

  // A list is walked with j and k; s does what the row offers under that key.
  document.addEventListener("keydown", (event) => {
    const list = document.querySelector("[data-steps]");
    if (!list || "noShortcuts" in words() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]")) return;
    const here = event.target.closest("[data-steps] > *");
    const step = { j: here?.nextElementSibling ?? (here ? null : list.firstElementChild), k: here?.previousElementSibling }[event.key];
    if (step) step.querySelector("a")?.focus();
    else here?.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });

  document.addEventListener("allauth.error", () => document.querySelector("[data-passkey-error]")?.removeAttribute("hidden"));
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) enhance(event.detail.elt); });
  // What looks for news does so while somebody can see it, fails in silence, and never leads away from the page.
  const looks = (event) => event.detail.elt.matches?.("[data-while-visible]");
  document.addEventListener("htmx:beforeRequest", (event) => { if (looks(event) && document.hidden) event.preventDefault(); });
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (looks(event) && event.detail.xhr.getResponseHeader("HX-Redirect")) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-while-visible]").forEach((part) => htmx.trigger(part, "visible"));
  });
  const failed = (event) => { if (!looks(event)) toast(words().requestFailed); };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  enhance(document);
})();
