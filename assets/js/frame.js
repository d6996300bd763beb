// The frame: open screens as tabs (this browser tab only) and menus that close by Escape or a click elsewhere.
const tabs = document.querySelector("[data-tabs]");
const KEY = "dys:screens";
const read = () => { try { return JSON.parse(sessionStorage.getItem(KEY)) ?? []; } catch { return []; } };
const write = (screens) => { try { sessionStorage.setItem(KEY, JSON.stringify(screens.slice(-8))); } catch { /* tabs are a convenience */ } };

if (tabs) {
  const title = tabs.dataset.tabs;
  const here = location.pathname + location.search;
  let screens = read();
  if (title && location.pathname !== "/") {
    screens = screens.filter((screen) => screen.path !== location.pathname);
    screens.push({ path: location.pathname, href: here, title });
    write(screens);
  }
  for (const screen of screens.slice(-8)) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: screen.href, textContent: screen.title });
    if (screen.path === location.pathname) link.setAttribute("aria-current", "page");
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    close.setAttribute("aria-label", `${screen.title} ekranını kapat`);
    close.addEventListener("click", () => {
      write(read().filter((other) => other.path !== screen.path));
      if (screen.path === location.pathname) location.href = "/"; else item.remove();
    });
    item.append(link, close);
    tabs.append(item);
  }
  const current = tabs.querySelector("[aria-current]")?.closest("li");
  if (current) tabs.scrollLeft = current.offsetLeft + current.offsetWidth - tabs.clientWidth + 16;
  // The next person at this browser must not see what the last one had open.
  document.querySelector("form[action='/cikis']")?.addEventListener("submit", () => write([]));
}

const menus = [...document.querySelectorAll(".menus details")];
document.addEventListener("click", (event) => menus.forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && menus.find((menu) => menu.open);
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
