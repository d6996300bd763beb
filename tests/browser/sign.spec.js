// İmza: with the rehearsal's key, several at once, and with a card (SoftHSM) through dys sign-agent;
// the KEP officer's card over the messages that then leave. DYS_DATA is the demo's folder.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { addStep, address, demo, mainSays, newLetter, open, person, write } from "./office.js";

const DYS = join(process.env.CARGO_TARGET_DIR ?? "target", "debug", "dys");
const MODULE = ["/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so"].find(existsSync);
const PIN = "4321";

let browser, clerk, mayor, folder;
let agent, officersAgent;
/** Set when the account's messages are to be signed with the institution's key again. */
let restoreSigner;

before(async () => {
  browser = await open();
  clerk = await person(browser, "ayse");
  mayor = await person(browser, "ali");
  folder = mkdtempSync(join(tmpdir(), "dys-kart-"));
});
after(async () => {
  agent?.kill();
  officersAgent?.kill();
  await restoreSigner?.();
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** A letter that waits for the mayor's signature; its path. */
async function waiting(subject) {
  const path = await newLetter(clerk);
  await write(clerk, { subject, text: "Bilgilerinize sunulur." });
  await addRecipient(clerk, path);
  await addStep(clerk, "Ali Şahin", "İmza");
  await clerk.getByRole("button", { name: "Onaya Sun" }).click();
  await clerk.locator(".flash").getByText("onaya sunuldu").waitFor();
  return path;
}

/** By the API, since the screens of the list have their own tests. */
async function addRecipient(page, path) {
  const id = path.split("/").pop();
  const token = demo.tokens.ayse;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const found = await (await fetch(address("/api/v1/units?q=havsa belediye"), { headers })).json();
  const body = JSON.stringify({ units: [found.units[0].id] });
  const added = await fetch(address(`/api/v1/letters/${id}/recipients`), { method: "POST", headers: { ...headers, "idempotency-key": id }, body });
  assert.equal(added.ok, true, await added.clone().text());
  await page.reload();
}

test("a wrong PIN signs nothing; the right one signs", async () => {
  const path = await waiting("Prova anahtarıyla imza");
  await mayor.goto(address(path));
  await mayor.locator("#pin").fill("000000");
  await mayor.getByRole("button", { name: "İmzala" }).click();
  await mayor.getByText("PIN yanlış").waitFor();
  await mayor.goto(address(path));
  await mayor.getByRole("button", { name: "İmzala" }).click();
  await mayor.locator(".flash").getByText("Evrak imzalandı").waitFor();
});

test("several letters, one PIN, a result for each", async () => {
  const subjects = ["Toplu imza bir", "Toplu imza iki"];
  for (const subject of subjects) await waiting(subject);
  await mayor.goto(address("/onay"));
  for (const subject of subjects) await mayor.getByLabel(`Seç: ${subject}`).check();
  await mayor.getByRole("button", { name: "Seçilenleri imzala" }).click();
  await mayor.getByRole("heading", { name: "İmza sonuçları" }).waitFor();
  assert.equal(await mayor.locator("main td", { hasText: /İmzalandı[\s\S]*Sayı E-/ }).count(), 2);
});

const env = () => ({ ...process.env, SOFTHSM2_CONF: join(folder, "softhsm2.conf") });
const run = (name, ...args) => execFileSync(name, args, { env: env(), stdio: "pipe" });

/** A card with a key of its own and a certificate for `login`. */
function card(label, login, ...more) {
  const [key, pub, der] = ["key.pem", "key.pub", "key.der"].map((name) => join(folder, `${label}-${name}`));
  run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key);
  run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", pub);
  run(DYS, "signature", "rehearsal-certificate", login, "--public-key", pub, "--out", der, ...more);
  run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN);
  run("softhsm2-util", "--import", key, "--token", label, "--label", "imza", "--id", "01", "--pin", PIN);
  run("pkcs11-tool", "--module", MODULE, "--token-label", label, "--login", "--pin", PIN, "--write-object", der, "--type", "cert", "--id", "01");
}

/** The demo behind https on an address that is not loopback, as in a house; undefined where there is no such address. */
async function behindHttps() {
  const own = Object.values(networkInterfaces()).flat().find((place) => place.family === "IPv4" && !place.internal)?.address;
  if (!own) return undefined;
  const [key, cert] = [join(folder, "https.key"), join(folder, "https.pem")];
  run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dys.example", "-addext", `subjectAltName=IP:${own}`,
    "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert);
  const { hostname, port } = new URL(demo.url);
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asked, answer) => {
    const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: { ...asked.headers, host: `${hostname}:${port}` } }, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise((done) => server.listen(0, own, done));
  return { origin: `https://${own}:${server.address().port}`, cert, close: () => { server.closeAllConnections(); server.close(); } };
}

/** The agent with its terminal: `says` waits for words, `type` answers. */
function start(...args) {
  const state = args.includes("--state") ? [] : ["--state", join(folder, "arac.json")];
  const viewer = ["--viewer", join(folder, "goster")];
  const child = spawn(DYS, ["sign-agent", "--module", MODULE, ...viewer, ...state, ...args], { env: env() });
  let said = "";
  let from = 0;
  child.stderr.on("data", (bytes) => { said += bytes; });
  const says = async (words) => {
    const until = Date.now() + 20_000;
    for (;;) {
      const at = said.indexOf(words, from);
      if (at >= 0) { from = at + words.length; return; }
      if (Date.now() > until || child.exitCode !== null) throw new Error(`the agent never said “${words}”; it said: ${said.slice(from)}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  return { says, type: (line) => child.stdin.write(`${line}\n`), kill: () => child.kill() };
}

async function byCard(path) {
  await mayor.goto(address(path));
  await mayor.getByRole("button", { name: "Kartla imzala" }).click();
  await mayor.waitForURL(address("/imza-araci"));
  await mayor.locator("[data-state=waiting]").first().waitFor();
}

test("a card at the desk", { skip: !MODULE && "SoftHSM is not installed" }, async (t) => {
  mkdirSync(join(folder, "tokens"));
  writeFileSync(env().SOFTHSM2_CONF, `directories.tokendir = ${join(folder, "tokens")}\n`);
  // The desk's viewer: notes the file that it was given and keeps a copy.
  writeFileSync(join(folder, "goster"), `#!/bin/sh\ncp "$1" "${folder}/gorulen.pdf"\nprintf %s "$1" > "${folder}/yol"\n`);
  chmodSync(join(folder, "goster"), 0o700);
  const clear = () => { rmSync(join(folder, "tokens"), { recursive: true }); mkdirSync(join(folder, "tokens")); };
  const house = await behindHttps();
  t.after(() => house?.close());
  const origin = house?.origin ?? new URL(demo.url).origin;
  await t.test("is reached over https on an address that is not loopback", { skip: !house && "no address but loopback: paired over plain http" }, () => {
    assert.match(origin, /^https:\/\/(?!127\.)/);
  });
  const trust = house ? ["--ca", house.cert] : [];
  const restart = async () => { agent?.kill(); agent = start(...trust); await agent.says("ile eşlenmiş"); };

  await t.test("is paired by a code that works once", async () => {
    await mayor.goto(address("/imza-araci"));
    await mayor.getByRole("button", { name: "Eşleme kodu al" }).click();
    const code = await mayor.locator("#esleme-kodu").innerText();
    agent = start("--server", origin, ...trust);
    await agent.says("eşleme kodu");
    agent.type(code);
    await agent.says("Ali Şahin");
    agent.kill();
    const again = start("--server", origin, ...trust, "--state", join(folder, "ikinci.json"));
    await again.says("eşleme kodu");
    again.type(code);
    await again.says("Eşleme kodu yanlış");
    again.kill();
  });

  const paths = [await waiting("Kartla imza bir"), await waiting("Kartla imza iki")];
  const refused = async (words) => {
    await agent.says("İmzalansın mı?");
    agent.type("e");
    return agent.says(words);
  };
  const onScreen = (words) => mayor.locator("[data-state=failed]").first().getByText(words).waitFor();

  await t.test("without the agent the screen says what to do", async () => {
    await byCard(paths[0]);
    await mayor.getByText("Araç açık değilse başlatın").first().waitFor();
  });

  await t.test("no card", async () => {
    await restart();
    await refused("kart takılı değil");
    await onScreen("kart takılı değil");
  });

  await t.test("a wrong PIN, twice", async () => {
    card("ali", "ali");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type("9999");
    await agent.says("PIN yanlış");
    await agent.says("PIN'i:");
    agent.type("9998");
    await onScreen("PIN yanlış");
    await mayor.goto(address(paths[0]));
    assert.equal(await mayor.getByRole("button", { name: "Kartla imzala" }).count(), 1, "still to be signed");
  });

  await t.test("another person's card", async () => {
    clear();
    card("fatma", "fatma");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says("Fatma Kaya adına");
    await onScreen("Kendi kartınızı takıp");
  });

  await t.test("an expired certificate", async () => {
    clear();
    card("eski", "ali", "--expired");
    await restart();
    await byCard(paths[0]);
    await agent.says("İmzalansın mı?");
    agent.type("e");
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says("geçerlilik süresi dolmuş");
    await onScreen("geçerlilik süresi dolmuş");
  });

  let lastPage;
  await t.test("two letters with one PIN", async () => {
    clear();
    card("ali2", "ali");
    await restart();
    await mayor.goto(address("/onay"));
    for (const subject of ["Kartla imza bir", "Kartla imza iki"]) await mayor.getByLabel(`Seç: ${subject}`).check();
    rmSync(join(folder, "yol"), { force: true });
    await mayor.getByRole("button", { name: "Seçilenleri kartla imzala" }).click();
    await agent.says("imzanızı bekleyen 2 yazı");
    for (const subject of ["Kartla imza", "Kartla imza"]) {
      await agent.says(`Konu:   ${subject}`);
      await agent.says("Dağıtım (1):");
      await agent.says("Havsa");
      await agent.says("İmzalansın mı?");
      lastPage = await shown();
      assert.equal(existsSync(lastPage), true, "the page is open while it is asked");
      // The next letter's page is opened as soon as this one is answered.
      rmSync(join(folder, "yol"));
      agent.type("e");
    }
    await agent.says("PIN'i:");
    agent.type(PIN);
    await agent.says(": imzalandı.");
    await agent.says(": imzalandı.");
    await mayor.locator("[data-state=signed]").nth(1).waitFor();
    await mayor.goto(address(paths[0]));
    await mayor.getByText("İmzalandı").first().waitFor();
  });
  assert.equal(existsSync(lastPage), false, "the page's file is gone after the answer");
  assert.deepEqual(mayor.complaints.filter((line) => !line.includes("422")), []);

  await t.test("the KEP officer's card signs the message before it is sent", async () => {
    const admin = await person(browser, "yonetici");
    const choose = async (label) => {
      await admin.goto(address("/yonetim/kep-hesaplari"));
      await admin.locator("main table a.row").first().click();
      await admin.getByLabel("KEP iletisini imzalayan").selectOption({ label });
      await admin.getByRole("button", { name: "Bilgileri değiştir" }).click();
      await admin.locator(".flash").getByText("KEP hesabı bağlandı").waitFor();
    };
    await choose("KEP işlem yetkilisinin kartı");
    restoreSigner = () => choose("Kurumun anahtarı");
    const path = paths[0];
    await clerk.goto(address(`${path}/gonder`));
    await clerk.getByRole("button", { name: "Evrakı Gönder", exact: true }).click();
    await clerk.locator(".flash").getByText("imzasına sunuldu").waitFor();
    await clerk.goto(address(path));
    await clerk.locator(".title-row").getByText("KEP işlem yetkilisinin imzası bekleniyor").waitFor();

    const officer = await person(browser, "hasan");
    await officer.goto(address("/imza-araci"));
    await officer.getByRole("button", { name: "Eşleme kodu al" }).click();
    const code = await officer.locator("#esleme-kodu").innerText();
    clear();
    card("hasan", "hasan");
    officersAgent = start("--server", origin, ...trust, "--state", join(folder, "hasan.json"));
    await officersAgent.says("eşleme kodu");
    officersAgent.type(code);
    await officersAgent.says("Hasan Güneş");
    await officer.goto(address("/"));
    await officer.locator("#kep-imza").getByRole("link", { name: "Kartla imza bir" }).waitFor();
    await officer.getByRole("link", { name: "KEP iletilerini imzala" }).click();
    await officer.getByLabel("Seç: Kartla imza bir").check();
    await officer.getByRole("button", { name: "Seçilenleri kartla imzala" }).click();
    await officersAgent.says("KEP işlem yetkilisi imzası: 1 ileti");
    await officersAgent.says("Konu:   Kartla imza bir");
    await officersAgent.says("KEP iletileri (1):");
    await officersAgent.says("İmzalansın mı?");
    officersAgent.type("e");
    await officersAgent.says("PIN'i:");
    officersAgent.type(PIN);
    await officersAgent.says("1 KEP iletisi imzalandı; gönderim başladı.");
    await officer.locator("[data-state=signed]").first().waitFor();
    assert.deepEqual(officer.complaints, []);

    await mainSays(clerk, `${path}/posta`, /KEP sağlayıcısına verildi/);
    const zip = join(folder, "delil.zip");
    const [download] = await Promise.all([clerk.waitForEvent("download"), clerk.getByRole("button", { name: "Delil paketi indir" }).click()]);
    await download.saveAs(zip);
    run("unzip", "-q", "-o", zip, "-d", join(folder, "delil"));
    const mail = run("sh", "-c", `find "${join(folder, "delil")}" -name '*.eml' | head -n 1`).toString().trim();
    run("openssl", "cms", "-verify", "-inform", "SMIME", "-purpose", "any", "-in", mail, "-CAfile", join(process.env.DYS_DATA, "prova-esh.pem"), "-out", "/dev/null");
    const signer = run("sh", "-c", `openssl cms -verify -noverify -inform SMIME -in "${mail}" -signer /dev/stdout -out /dev/null | openssl x509 -noout -subject -nameopt utf8`).toString();
    assert.match(signer, /Hasan Güneş/);
  });
});

/** The file that the viewer was given. */
async function shown() {
  const note = join(folder, "yol");
  for (let tries = 0; !existsSync(note) || readFileSync(note, "utf8") === ""; tries += 1) {
    if (tries > 200) throw new Error("no page was opened");
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.match(readFileSync(join(folder, "gorulen.pdf")).subarray(0, 5).toString(), /%PDF-/);
  return readFileSync(note, "utf8");
}
