"""Looks at packages with Python's own zipfile, hashlib and ElementTree, and with lxml where it is.

usage: check_package.py FOLDER [SCHEMAS]

Recomputes every digest of every list, compares what each list names with the parts, follows the
relationships and looks up content types; with SCHEMAS (a folder of the corrected 2.x schemas) and
lxml every XML part is validated. Prints one line a check and `N passed, N failed, N skipped`.
"""

import base64
import hashlib
import io
import pathlib
import posixpath
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

OPC = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
DIGESTS = "{urn:dpt:eyazisma:schema:xsd:PaketOzeti-2}"
PARTS = "{urn:dpt:eyazisma:schema:xsd:Tipler-2}"
ALGORITHMS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
SCHEMAS = {
    "Ustveri/Ustveri.xml": "EY-Ustveri-2.xsd",
    "NihaiUstveri/NihaiUstveri.xml": "EY-NihaiUstveri-2.xsd",
    "ParafOzeti/ParafOzeti.xml": "EY-ParafOzeti-2.xsd",
    "PaketOzeti/PaketOzeti.xml": "EY-PaketOzeti-2.xsd",
    "NihaiOzet/NihaiOzet.xml": "EY-NihaiOzet-2.xsd",
    "GuncellemeBilgisi/GuncellemeBilgisi.xml": "EY-Tipler-2.xsd",
}
passed = failed = skipped = 0


def check(what, good, why=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
    print(("ok      " if good else "FAILED  ") + what + ("" if good else f": {why}"))


def skip(what, why):
    global skipped
    skipped += 1
    print(f"skipped {what}: {why}")


def relationships(archive, source):
    folder, name = posixpath.split(source)
    rels = posixpath.join(folder, "_rels", name + ".rels")
    if rels not in archive.namelist():
        return []
    root = ElementTree.fromstring(archive.read(rels))
    base = "/" + folder
    return [
        (it.get("Type"), posixpath.normpath(posixpath.join(base, it.get("Target")))[1:], it.get("Id"))
        for it in root.iter(OPC + "Relationship")
    ]


def left_out(archive):
    """The parts that some recipient's list of left-out attachments allows to be missing."""
    if "Ustveri/Ustveri.xml" not in archive.namelist():
        return set()
    root = ElementTree.fromstring(archive.read("Ustveri/Ustveri.xml"))
    ids = {it.text for it in root.iter(PARTS + "EkId")}
    return {
        "Ekler/" + ek.find(PARTS + "DosyaAdi").text
        for ek in root.iter(PARTS + "Ek")
        if ek.find(PARTS + "Id").get("Value") in ids and ek.find(PARTS + "DosyaAdi") is not None
    }


def digests(label, archive):
    may_be_missing = left_out(archive) | {"Paraflar/ParafImzaCades.imz"}
    for part in [name for name in archive.namelist() if name.endswith("Ozeti.xml") or name.endswith("Ozet.xml")]:
        if part.startswith(("OrijinalPaket",)):
            continue
        root = ElementTree.fromstring(archive.read(part))
        wrong = []
        count = 0
        for reference in root.iter(DIGESTS + "Reference"):
            name = reference.get("URI").lstrip("/")
            items = list(reference.iter(DIGESTS + "DigestItem"))
            used = [ALGORITHMS[item.find(DIGESTS + "DigestMethod").get("Algorithm")] for item in items]
            if len(set(used)) != 2 or "sha512" not in used:
                wrong.append(f"{name}: algorithms {used}")
            if name not in archive.namelist():
                if name not in may_be_missing:
                    wrong.append(f"{name}: not there")
                continue
            content = archive.read(name)
            for item, algorithm in zip(items, used):
                value = base64.b64decode(item.find(DIGESTS + "DigestValue").text)
                count += 1
                if hashlib.new(algorithm, content).digest() != value:
                    wrong.append(f"{name}: {algorithm} differs")
        check(f"{label}: {part}: {count} digests recomputed", count > 0 and not wrong, "; ".join(wrong))


def container(label, path, archive):
    check(f"{label}: zipfile.testzip", archive.testzip() is None)
    listing = subprocess.run(["unzip", "-tq", path], capture_output=True, text=True, check=False) if which("unzip") else None
    if listing is None:
        skip(f"{label}: unzip -t", "unzip is not installed")
    else:
        check(f"{label}: unzip -t", listing.returncode == 0, listing.stdout + listing.stderr)
    check(f"{label}: one time for all entries", len({it.date_time for it in archive.infolist()}) == 1)
    reached = {"[Content_Types].xml", "_rels/.rels"}
    sources = [""]
    while sources:
        source = sources.pop()
        for _, target, _ in relationships(archive, source):
            reached.add(target)
            folder, name = posixpath.split(target)
            rels = posixpath.join(folder, "_rels", name + ".rels")
            if rels in archive.namelist():
                reached.add(rels)
                sources.append(target)
    check(f"{label}: relationships reach every part", reached == set(archive.namelist()), str(reached ^ set(archive.namelist())))
    types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
    defaults = {it.get("Extension") for it in types.iter(TYPES + "Default")}
    overrides = {it.get("PartName") for it in types.iter(TYPES + "Override")}
    untyped = [
        name
        for name in archive.namelist()
        if name != "[Content_Types].xml" and name.rsplit(".", 1)[-1].lower() not in defaults and "/" + name not in overrides
    ]
    check(f"{label}: every part has a content type", not untyped, str(untyped))


def which(tool):
    import shutil

    return shutil.which(tool)


def schemas(label, archive, folder):
    try:
        from lxml import etree
    except ImportError:
        skip(f"{label}: schemas", "lxml is not installed")
        return
    if not folder:
        skip(f"{label}: schemas", "the schema files are not here")
        return
    for part, name in SCHEMAS.items():
        if part not in archive.namelist():
            continue
        schema = etree.XMLSchema(etree.parse(str(pathlib.Path(folder) / name)))
        document = etree.parse(io.BytesIO(archive.read(part)))
        good = schema.validate(document)
        check(f"{label}: {part} against {name}", good, str(schema.error_log))


def main():
    folder = pathlib.Path(sys.argv[1])
    schema_folder = sys.argv[2] if len(sys.argv) > 2 else ""
    packages = sorted([*folder.glob("*.eyp"), *folder.glob("*.eypg")])
    check("there are packages to look at", len(packages) > 0)
    for path in packages:
        with zipfile.ZipFile(path) as archive:
            container(path.name, path, archive)
            digests(path.name, archive)
            schemas(path.name, archive, schema_folder)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
