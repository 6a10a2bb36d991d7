// The editor of a draft: what htmx cannot do. Everything else works without this file.
(() => {
  const editor = document.getElementById("editor");
  const rows = () => editor.querySelectorAll("form.node");
  const fields = (form) => [...form.elements].filter((field) => field.matches("input:not([type=hidden]), textarea"));
  const isDirty = (field) => field.value !== field.defaultValue;

  // Alt+↑ and Alt+↓ press the buttons of the row that has the focus; the focus stays in its field.
  editor.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const button = event.target.closest("form.node")?.querySelector(`[data-key="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  editor.addEventListener("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) { event.preventDefault(); event.stopImmediatePropagation(); }
    if (event.target.closest("[data-drop]")) fields(event.target.closest("form")).forEach((field) => { field.value = field.defaultValue; });
  }, true);

  // What was saved is what the page now starts from; a field that was typed in meanwhile stays as it is.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form.node");
    if (!form || !event.detail.successful) return;
    const sent = event.detail.requestConfig.formData;
    fields(form).forEach((field) => { if (sent.get(field.name) === field.value) field.defaultValue = field.value; });
  });

  // A new tree comes in: what was typed and not sent yet goes along, where nobody else changed it.
  let typed = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "tree") return;
    typed = [...rows()].flatMap(fields).filter(isDirty).map(({ id, value, defaultValue }) => ({ id, value, defaultValue }));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "tree") return;
    const sent = event.detail.requestConfig.formData;
    typed.forEach(({ id, value, defaultValue }) => {
      const field = document.getElementById(id);
      if (!field || field.defaultValue !== defaultValue || sent?.get(field.name) === value) return;
      field.value = value;
      if (field !== document.activeElement) field.dispatchEvent(new Event("change", { bubbles: true }));
    });
    typed = [];
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
