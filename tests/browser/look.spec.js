// Every main page on an office screen and on a telephone: no sideways scrolling, no console error, no refusal of the
// CSP, light in weight, and without a violation of WCAG 2.2 AA that axe can find.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { address, newLetter, open, person, visitor } from "./office.js";

/** Document, styles and scripts as they travel; the editor is loaded only where one writes. */
const MOST_BYTES = 100_000;
const WIDTHS = [1280, 390];
const PAGES = {
  ayse: ["/", "/evrak", "/evrak/yeni", "LETTER", "LETTER/gecmis", "LETTER/dagitim", "LETTER/birim-sec?adi=havsa+belediye", "/gonderilmeyi-bekleyenler", "/dagitim-planlari", "PLAN", "/yazi-sablonlari", "/kagit", "/kagit/liste", "/kagit/islak-imza", "/sorgular/birim-giden-evrak", "SENT", "SENT/posta", "/rehber-disi", "/dosya-plani?dosya=meclis", "/sorgular/sayi-defteri", "SIGNED/gonder", "/vekalet", "/parola", "/imza-araci", "/api-anahtarlari"],
  mehmet: ["/onay"],
  zeynep: ["/", "/gelen", "INCOMING", "INCOMING/duzelt", "/gelen/kayit", "/gelen/okunamayan", "/is-listesi/havale", "POSTED", "POSTED/evrak", "/kagit/liste", "HANDOVER"],
  hasan: ["/kep-imza"],
  yonetici: ["/yonetim/birimler", "/yonetim/kanallar", "/yonetim/kullanicilar", "/yonetim/kullanicilar/yeni", "PERSON", "/yonetim/kurum-birimleri", "/yonetim/kep-hesaplari", "ACCOUNT", "/yonetim/antet", "HEAD", "/yonetim/imza", "/yonetim/ayarlar", "/sorgular/sayi-defteri"],
};

/** Pages whose address a list tells: the list and its first link. */
const FOUND = {
  PERSON: ["/yonetim/kullanicilar", "a.row"],
  HEAD: ["/yonetim/antet", "a.row"],
  ACCOUNT: ["/yonetim/kep-hesaplari", "a.row"],
  INCOMING: ["/gelen", "a.row"],
  PLAN: ["/dagitim-planlari", "a.row"],
  POSTED: ["/kagit", "a.row"],
  HANDOVER: ["/kagit/liste", "a.row"],
  SIGNED: ["/gonderilmeyi-bekleyenler", "a.row[href$='/gonder']"],
};

let browser;
before(async () => { browser = await open(); });
after(() => browser?.close());

async function judge(page, path, width) {
  await page.setViewportSize({ width, height: width < 640 ? 844 : 900 });
  page.complaints.length = 0;
  let bytes = 0;
  const weigh = async (response) => {
    // The browser's own PDF viewer, which shows a signed letter, does not travel.
    if (!response.url().startsWith(address("/")) || /\/editor[-.\w]*\.js/.test(response.url())) return;
    const size = await response.request().sizes().catch(() => null);
    bytes += size ? size.responseBodySize + size.responseHeadersSize : 0;
  };
  page.on("response", weigh);
  const answer = await page.goto(address(path), { waitUntil: "networkidle" });
  page.off("response", weigh);
  if (process.env.DYS_LOOK) {
    mkdirSync(process.env.DYS_LOOK, { recursive: true });
    await page.screenshot({ path: `${process.env.DYS_LOOK}/${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "ID").replace(/\W+/g, "_")}-${width}.png`, fullPage: true });
  }
  assert.equal(answer.status(), 200, path);
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${path} scrolls ${wide} px sideways at ${width}`);
  // On an office screen nothing of a table hides behind its edge.
  const hidden = width < 1280 ? [] : await page.evaluate(() => [...document.querySelectorAll(".table-box")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => `${box.ariaLabel ?? box.className}: ${box.scrollWidth - box.clientWidth} px`));
  assert.deepEqual(hidden, [], path);
  assert.deepEqual(page.complaints, []);
  assert.ok(bytes < MOST_BYTES, `${path} weighs ${bytes} bytes`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`), []);
}

test("/giris", async () => {
  const page = await visitor(browser);
  for (const width of WIDTHS) await judge(page, "/giris", width);
  await page.context().close();
});

test("/dogrula: a genuine letter, for whoever holds it", async (t) => {
  try { execFileSync("pdftotext", ["-v"], { stdio: "ignore" }); } catch { return t.skip("pdftotext is not installed"); }
  const clerk = await person(browser, "ayse");
  const answer = await clerk.request.get(address(`${await aSentLetter(clerk)}/yazi`));
  const text = execFileSync("pdftotext", ["-layout", "-", "-"], { input: await answer.body(), encoding: "utf8" });
  await clerk.context().close();
  const [code] = text.match(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/);
  const page = await visitor(browser);
  for (const width of WIDTHS) await judge(page, `/dogrula/${code.replaceAll("-", "")}`, width);
  assert.match(await page.locator("main").innerText(), /kurumumuzca düzenlenmiş ve imzalanmıştır/);
  await page.context().close();
});

for (const [login, paths] of Object.entries(PAGES)) {
  test(`pages of ${login}`, async (t) => {
    const page = await person(browser, login);
    const letter = paths.some((path) => path.startsWith("LETTER")) ? await newLetter(page) : "";
    const sent = paths.some((path) => path.startsWith("SENT")) ? await aSentLetter(page) : "";
    const places = { LETTER: letter, SENT: sent };
    for (const [name, [list, link]] of Object.entries(FOUND)) {
      if (paths.some((path) => path.startsWith(name))) places[name] = await firstOf(page, list, link);
    }
    for (const path of paths) {
      await t.test(path, async () => {
        const place = Object.entries(places).reduce((text, [name, found]) => text.replace(name, found), path);
        for (const width of WIDTHS) await judge(page, place, width);
      });
    }
    await page.context().close();
  });
}

async function firstOf(page, list, link) {
  await page.goto(address(list));
  return new URL(await page.locator(`main tbody ${link}`).first().evaluate((anchor) => anchor.href)).pathname.replace(/\/gonder$/, "");
}

async function aSentLetter(page) {
  await page.goto(address("/sorgular/birim-giden-evrak"));
  const link = page.locator("main tbody a[href*='/posta']").first();
  return new URL(await link.evaluate((anchor) => anchor.href)).pathname.replace("/posta", "");
}
