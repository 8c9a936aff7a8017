# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""docs/guide.md says what can be typed without a network, in its blocks marked `sh`. Here it is typed, in the guide's order, in one folder."""
import json
import os
import pathlib
import re
import subprocess

from support import MODELSEC

SOURCE = pathlib.Path(os.environ.get("MODELSEC_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]).resolve()
GUIDE = (SOURCE / "docs" / "guide.md").read_text()


def blocks():
    """Each block, and what its last command is said to exit with."""
    for text in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL):
        said = re.search(r"# exit code (\d+)\n\Z", text)
        yield text, int(said.group(1)) if said else 0


def test_what_the_guide_has_people_type_without_a_network_does_what_it_says(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/modelsec").symlink_to(pathlib.Path(MODELSEC).resolve())
    here = tmp_path / "here"
    here.mkdir()
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def typed(text):
        return subprocess.run(["sh", "-ec", text], cwd=here, env=env, capture_output=True, text=True, timeout=120)

    said = []
    for text, expected in blocks():
        done = typed(text)
        assert done.returncode == expected, text + done.stdout + done.stderr
        said.append(expected)
    assert len(said) >= 7 and said.count(30) == 1

    model = (here / "llama.gguf").read_bytes()
    assert (here / "models/llama3_1_8b_instruct/1.0.0/llama.gguf").read_bytes() == model
    assert not list((here / "other").glob("llama*/*"))
    # Released twice, renewed, and signed by a second key.
    shown = json.loads(typed("modelsec inspect --json manifest.json").stdout.splitlines()[-1])
    text = json.dumps(shown)
    assert '"version": "1.1.0"' in text and '"sequence": 3' in text and "second" in text, text


def test_a_client_takes_the_platform_it_names_and_any_is_a_name_like_others(tmp_path):
    assert "`--platform linux_gguf --platform any`" in GUIDE
    (tmp_path / "everybody.bin").write_bytes(b"for everybody")
    (tmp_path / "linux.bin").write_bytes(b"for Linux")

    def run(*words):
        return subprocess.run([MODELSEC, *words], cwd=tmp_path, env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)

    def made(name, *artifacts):
        described = [word for platform, file in artifacts for word in ("--platform", platform, "--file", file, "--url", "https://models.example.org/" + file)]
        done = run("publish", "--key", "k/k.pem", "--model", "demo", "--version", "1", "--sequence", "1", "--expires", "1d", *described, "--out", name)
        assert done.returncode == 0, done.stderr

    def taken(manifest, *platforms):
        named = [word for p in platforms for word in ("--platform", p)]
        done = run("check", "--json", "--manifest-file", manifest, "--pins", "k/k.pub.json", "--store", "store", *named)
        return json.loads(done.stdout.splitlines()[-1]).get("platform") if done.returncode == 0 else done.returncode

    assert run("keygen", "--out", "k", "--key-id", "k").returncode == 0
    made("one.json", ("any", "everybody.bin"))
    made("two.json", ("any", "everybody.bin"), ("linux_gguf", "linux.bin"))
    assert taken("one.json") == "any"
    assert taken("one.json", "linux_gguf") == 25
    assert taken("one.json", "linux_gguf", "any") == "any"
    assert taken("two.json") == 25
    assert taken("two.json", "linux_gguf", "any") == "linux_gguf"
    assert taken("two.json", "any") == "any"


def links(page):
    """Of a page in Markdown: each file of this project that it links to, and the heading there, if it names one."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if not re.match(r"[a-z]+:", target):
            file, _, heading = target.partition("#")
            yield (page.parent / file).resolve() if file else page, heading


def headings(page):
    """As GitHub names them: lower case, without punctuation, hyphens for spaces."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def test_every_link_of_a_page_leads_somewhere_and_every_page_can_be_reached_from_the_first():
    reached, todo, lost = set(), [SOURCE / "README.md"], []
    while todo:
        page = todo.pop()
        if page in reached:
            continue
        reached.add(page)
        for target, heading in links(page):
            if not target.exists() or (heading and heading not in headings(target)):
                lost.append(f"{page.relative_to(SOURCE)}: {target.name}#{heading}")
            elif target.suffix == ".md":
                todo.append(target)
    assert not lost, lost
    alone = [p.name for p in (SOURCE / "docs").rglob("*.md") if p.resolve() not in reached]
    assert not alone, alone
