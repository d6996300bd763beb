// Gelen Evrak from KEP: handed to the provider by its SOAP contract, registered, referred, answered over KEP.
// DYS_SCREENSHOTS=1 renews docs/img/kep-*.png.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, approve, demo, editor, mainSays, open, person, saved } from "./office.js";

const SENDER = "kuplubelediyesi.meric.edirne@hs99.kep.example";
const INSTITUTION = "Küplü Belediye Başkanlığı";
const OWN = "kesanbelediyesi.edirne@hs99.kep.example";
// A number of its own each time: a second run on the same data meets its own letter, not the first one's.
const RUNNING = Date.now() % 100_000;
const SUBJECT = `Ortak sulama kanalı, ${RUNNING}. dosya`;
const THEIR_NUMBER = `E-01039400-809-${RUNNING}`;
let browser, registry, clerk, path, letter;
before(async () => { browser = await open(); registry = await person(browser, "zeynep"); });
after(() => browser?.close());

const picture = async (of, name, options = {}) => {
  if (process.env.DYS_SCREENSHOTS === "1") await of.screenshot({ path: `docs/img/kep-${name}.png`, animations: "disabled", ...options });
};
const base64 = (text) => Buffer.from(text, "utf8").toString("base64");
const ask = async (path, options) => {
  const answer = await fetch(new URL(path, demo.provider), { method: "POST", ...options });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.text();
};

/** Hands a message to the rehearsal provider as another institution does: over the contract's Yukle. */
async function handIn(subject, text) {
  const account = { address: SENDER, tcno: "10000000146", parola: "kuplu-parola", sifre: "kuplu-sifre" };
  await ask("/prova/api/accounts", { headers: { "content-type": "application/json" }, body: JSON.stringify(account) });
  const mail = [`From: ${SENDER}`, `To: ${OWN}`, `Message-ID: <gelen-${Date.now()}-${subject.length}@hs99.kep.example>`, `Subject: =?utf-8?B?${base64(subject)}?=`, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", base64(text), ""].join("\r\n");
  const body = `<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><a:Yukle xmlns:a="http://ws.apache.org/axis2" xmlns:x="http://ws.apache.org/axis2/xsd"><a:param0><x:kepHesap><x:kepHesap>${SENDER}</x:kepHesap><x:tcno>${account.tcno}</x:tcno><x:parola>${account.parola}</x:parola><x:sifre>${account.sifre}</x:sifre></x:kepHesap><x:ePaket>${base64(mail)}</x:ePaket><x:ePaketTur>Standart</x:ePaketTur></a:param0></a:Yukle></e:Body></e:Envelope>`;
  const answer = await ask("/KepEYazismaV1.1/KepEYazismaCOREWSDL.php", { headers: { "content-type": "text/xml; charset=utf-8", soapaction: "\"urn:Yukle\"" }, body });
  assert.match(answer, /durum>0</, answer);
}

test("Gelen evrak: KEP'ten cevaba. The letter arrives and is registered", { timeout: 240_000 }, async () => {
  await handIn(SUBJECT, `Sayı: ${THEIR_NUMBER}\nTarih: 20.11.2026\n\nOrtak sulama kanalının bakımı hakkında görüşünüzün bildirilmesini arz ederim.`);
  await mainSays(registry, "/gelen", new RegExp(SUBJECT));
  await picture(registry, "liste");
  await registry.locator("main").getByRole("link", { name: SUBJECT }).first().click();
  await registry.getByRole("heading", { name: SUBJECT, level: 1 }).waitFor();
  path = new URL(registry.url()).pathname;
  const text = await registry.locator("main").innerText();
  assert.match(text, new RegExp(`${INSTITUTION}[\\s\\S]*${THEIR_NUMBER}`));
  assert.match(text, /zarf imzası \([^)]*\) doğrulandı[\s\S]*Zarftaki delilin imzası doğrulandı/);
  assert.match(text, /Gönderen adres rehberde/);
  assert.match(text, /KEP alındı onayı\s*!?\s*verilmedi/);
  await picture(registry, "evrak", { fullPage: true });
});

test("the registry refers it to Ayşe for action", async () => {
  const form = registry.locator("form", { has: registry.getByRole("button", { name: "Havale Et" }) });
  await form.locator("[data-find-text]").fill("ayşe");
  await form.locator("[data-find-take]", { hasText: "Ayşe Yılmaz" }).first().click();
  await form.getByLabel("Gereği / Bilgi: Ayşe Yılmaz").selectOption({ label: "Gereği" });
  await form.getByLabel("Havale notu").fill("Fen İşleri ile görüşülüp cevap verilsin.");
  await form.getByRole("button", { name: "Havale Et" }).click();
  await registry.locator(".flash").getByText("havale edildi").waitFor();
  assert.deepEqual(registry.complaints, []);
});

test("Cevap Yaz makes the linked letter: ilgi, file and recipient are filled in", async () => {
  clerk = await person(browser, "ayse");
  await clerk.goto(address("/is-listesi/havale"));
  await clerk.getByRole("link", { name: SUBJECT }).click();
  await clerk.getByRole("heading", { name: SUBJECT, level: 1 }).waitFor();
  await picture(clerk, "sizden-beklenen");
  await clerk.getByRole("button", { name: "Cevap Yaz" }).first().click();
  await clerk.locator("form#evrak").waitFor();
  letter = new URL(clerk.url()).pathname;
  assert.match(await clerk.locator("#ilgi").innerText(), new RegExp(`${THEIR_NUMBER} sayılı yazınız`));
  assert.match(await clerk.locator("#dagitim").innerText(), /KÜPLÜ BELEDİYE BAŞKANLIĞI/);
  await editor(clerk).click();
  await clerk.keyboard.press("Control+a");
  await clerk.keyboard.type("Sulama kanalının bakımı kurumumuzca da uygun görülmüştür.");
  await clerk.getByLabel("Dosya (desimal)").fill("105.04");
  await saved(clerk);
  await picture(clerk, "cevap");
  await approve(browser, clerk, letter);
  await clerk.locator("main").getByRole("link", { name: "Evrakı Gönder" }).click();
  await clerk.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
});

test("the incoming letter is Cevaplandı, and the answer is in the sender's mailbox", { timeout: 240_000 }, async () => {
  await mainSays(registry, path, /Cevaplandı/);
  await picture(registry, "cevaplandi");
  await mainSays(clerk, `${letter}/posta`, /40 - Alıcı kullanıcının mesaj kutusuna bırakıldı/);
  assert.deepEqual(clerk.complaints, []);
  await clerk.context().close();
});

test("Okunamayan İletiler: what cannot be read is shown with its reason and holds nothing up", { timeout: 240_000 }, async () => {
  const spoilt = `Bozuk inen ileti ${RUNNING}`;
  const rule = { kind: "item-binary", address: OWN, count: 1 };
  await ask("/prova/api/misbehaviours", { headers: { "content-type": "application/json" }, body: JSON.stringify(rule) });
  await handIn(spoilt, "Bu ileti inerken bozulur.");
  const aside = registry.locator("main tr", { hasText: spoilt });
  await mainSays(registry, "/gelen/okunamayan", new RegExp(spoilt));
  assert.match(await aside.innerText(), /Ham iletiyi indir/);
  await picture(registry, "okunamayan");
  await handIn(`${SUBJECT} eki`, "Ek bilgi sunulur.");
  await mainSays(registry, "/gelen", new RegExp(`${SUBJECT} eki`));
  // What was stored stays what it is: trying again reads the same bytes and says the same.
  await registry.goto(address("/gelen/okunamayan"));
  await aside.getByRole("button", { name: "Yeniden dene" }).click();
  await registry.locator(".flash").waitFor();
  await mainSays(registry, "/gelen/okunamayan", new RegExp(spoilt));
  // What DYS can never read is taken up another way; it stays, and waits no more.
  await aside.getByText("Elle ele alındı").click();
  await aside.getByLabel("Nasıl ele alındı").fill("Gönderenden kâğıtla istendi.");
  await aside.getByRole("button", { name: "Kaydet" }).click();
  await registry.locator(".flash").getByText("Elle ele alındığı yazıldı").waitFor();
  const taken = registry.locator("section", { has: registry.getByRole("heading", { name: "Elle ele alınanlar" }) });
  await taken.getByText("Gönderenden kâğıtla istendi.").waitFor();
  await picture(registry, "elle");
  assert.deepEqual(registry.complaints, []);
});
