// Writing what is saved by itself: one more input when the last is filled, and nothing lost when the session ended or the
// connection did. All else works without.
(() => {
  const form = document.querySelector("form[data-keeps]");
  if (!form) return;

  form.addEventListener("input", (event) => {
    const box = event.target.closest("[data-links]"), last = box?.lastElementChild;
    if (!box || event.target !== last || !last.value || box.children.length >= Number(box.dataset.links)) return;
    const next = last.cloneNode(), number = box.children.length + 1;
    Object.assign(next, { value: "", id: `${box.firstElementChild.id}_${number}`, placeholder: box.dataset.another });
    next.removeAttribute("aria-describedby");
    next.removeAttribute("aria-invalid");
    next.setAttribute("aria-label", box.dataset.label.replace("{number}", number));
    box.append(next);
  });

  const say = (words) => {
    const state = document.querySelector(form.getAttribute("hx-target")), line = document.createElement("p");
    line.className = "error";
    line.setAttribute("role", "alert");
    line.textContent = words;
    state.querySelectorAll("p").forEach((each) => each.remove());
    state.append(line);
  };

  // Without a connection the page says so until there is one, and saves then.
  let isCutOff = false;
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.elt !== form) return;
    isCutOff = true;
    say(form.dataset.cutOff);
  });
  addEventListener("online", () => { if (isCutOff) htmx.trigger(form, "change"); });

  // Whose session ended stays on the page with what they wrote; signed in again elsewhere they go on here.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  let isSignedOut = false;
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt === form && token()) event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.elt !== form) return;
    isCutOff = false;
    isSignedOut = Boolean(event.detail.xhr.getResponseHeader("HX-Redirect"));
    if (!isSignedOut) return;
    event.preventDefault();
    say(form.dataset.signedOut);
  });
  form.addEventListener("submit", (event) => {
    if (token()) form.elements.csrfmiddlewaretoken.value = token();
    if (!isSignedOut) return;
    event.preventDefault();
    htmx.trigger(form, "change");  // signed in meanwhile, this saves and the next press goes through
  });
})();
