// The editor of a draft: what htmx cannot do. Everything else works without this file.
(() => {
  const editor = document.getElementById("editor");
  const rows = () => editor.querySelectorAll("form.node");
  const fields = (form) => [...form.elements].filter((field) => field.matches("input:not([type=hidden]), textarea"));
  const isDirty = (field) => field.value !== field.defaultValue;

  const isDone = ({ detail }) => detail.successful && detail.xhr.status < 400;  // to htmx a refusal (422) is a success

  // Alt+↑ and Alt+↓ press the buttons of the row that has the focus; the focus stays in its field.
  editor.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const button = event.target.closest("form.node")?.querySelector(`[data-key="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // While a new tree is on its way the buttons that move are about to be replaced; a press waits for the new ones.
  let isMoving = false;
  let pressed = [];
  const isTree = (event) => event.detail.target?.id === "tree";
  const hold = (event) => {
    const button = event.target.closest("button[data-key]");
    if (!button) return;
    if (isMoving) { pressed.push(button.id); event.preventDefault(); event.stopImmediatePropagation(); }
    isMoving = true;
  };
  document.addEventListener("htmx:beforeRequest", (event) => { if (isTree(event)) isMoving = true; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "tree") return;
    isMoving = false;
    document.getElementById(pressed.shift())?.click();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isDone(event)) { isMoving = false; pressed = []; }
  });

  editor.addEventListener("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) { event.preventDefault(); event.stopImmediatePropagation(); }
    else hold(event);
    if (event.target.closest("[data-drop]")) fields(event.target.closest("form")).forEach((field) => { field.value = field.defaultValue; });
  }, true);

  // What was saved is what the page now starts from; a field that was typed in meanwhile stays as it is.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form.node");
    if (!form || !isDone(event)) return;
    const sent = event.detail.requestConfig.formData;
    fields(form).forEach((field) => { if (sent.get(field.name) === field.value) field.defaultValue = field.value; });
  });

  // A new tree comes in: what was typed and not sent yet goes along, where nobody else changed it.
  let typed = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isTree(event)) return;
    typed = [...rows()].flatMap(fields).filter(isDirty).map(({ id, value, defaultValue }) => ({ id, value, defaultValue }));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isTree(event)) return;
    const sent = event.detail.requestConfig.formData;
    typed.forEach(({ id, value, defaultValue }) => {
      const field = document.getElementById(id);
      if (!field || field.defaultValue !== defaultValue || sent?.get(field.name) === value) return;
      field.value = value;
      if (field !== document.activeElement) field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    typed = [];
  });

  // What had the focus when an answer replaced it hands it to its successor; a press elsewhere lets it go.
  let held = "";
  document.addEventListener("focusin", (event) => { held = event.target.id; });
  document.addEventListener("pointerdown", () => { held = ""; });
  document.addEventListener("htmx:afterSettle", () => {
    if (held && document.activeElement === document.body) document.getElementById(held)?.focus({ preventScroll: true });
  });

  // Errors stand in slots beside the fields.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const slot = event.detail.target;
    const field = slot?.dataset?.for && document.getElementById(slot.dataset.for);
    if (!field) return;
    if (document.getElementById(slot.id)?.firstElementChild) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  });

  const failed = () => { document.getElementById("state").textContent = editor.dataset.failed; };
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);

  addEventListener("beforeunload", (event) => {
    if ([...rows()].flatMap(fields).some(isDirty)) event.preventDefault();
  });
})();
