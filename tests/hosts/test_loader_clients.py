# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Programs that stand on the Python package: callers of huggingface_hub, each with the import of its two functions changed to modelsec.hub and one configure(): transformers, diffusers and the
way in which vLLM downloads weights. What they ask for is signed, and comes
from the stand-in Hub. And a type checker."""
import json
import os
import pathlib
import subprocess
import sys

import packages
from hub import Hub
from support import COMMIT

SOURCE = pathlib.Path(os.environ.get("MODELSEC_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
COMMAND = pathlib.Path(os.environ["MODELSEC_COMMAND"])
LIBRARY = os.environ.get("MODELSEC_LIBRARY_DIR") or COMMAND.parents[1] / "lib"

TOKENIZER = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": {"type": "Whitespace"},
             "post_processor": None, "decoder": None, "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "hello": 1, "world": 2}, "unk_token": "[UNK]"}}
FILES = {"config.json": json.dumps({"model_type": "bert", "hidden_size": 48, "num_attention_heads": 4}).encode(),
         "tokenizer.json": json.dumps(TOKENIZER).encode(),
         "tokenizer_config.json": json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}).encode(),
         "scheduler/scheduler_config.json": json.dumps({"_class_name": "DDIMScheduler", "num_train_timesteps": 123}).encode(),
         "model-00001-of-00001.safetensors": b"weights" * 1000,
         "pytorch_model.bin": b"not wanted" * 200}


def run(world, script, *names):
    """The script, after the one configure() that a server writes."""
    hub = Hub(world, {"org/demo": FILES})
    hub.server.context.load_cert_chain(*world.ca.issue("hub", "serverAuth", "DNS:huggingface.co"))
    proxy = world.proxy()
    proxy.routes["huggingface.co:443"] = ("127.0.0.1", hub.server.port)
    described = [dict(world.described(content), name=name, url=f"hf://org/demo@{COMMIT}/{name}") for name, content in FILES.items()]
    for entry in described:
        del entry["file_name"]
    manifest = world.sign({"files": described}, model="org--demo")
    key, _, value = world.pin.partition("=")
    begin = (f"import modelsec, modelsec.hub\n"
             f"modelsec.hub.configure(modelsec.Source(manifest_file={str(manifest)!r}, pins={{{key!r}: {value!r}}}), store={str(world.store)!r},\n"
             f"                       ca_file={str(world.ca.file)!r}, proxy={proxy.url!r})\n"
             f"COMMIT, FOLDER = {COMMIT!r}, {str(world.folder)!r}\n")
    path = [str(SOURCE / "bindings" / "python" / "src"), *(str(packages.python(*names)) for _ in [0] if names)]
    # Whatever still goes around modelsec finds nobody.
    env = world.env({"PYTHONPATH": os.pathsep.join(path), "LD_LIBRARY_PATH": str(LIBRARY), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_ENDPOINT": "https://127.0.0.1:9"})
    done = subprocess.run([sys.executable, "-B", "-c", begin + script], capture_output=True, text=True, env=env, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(p.startswith(f"/org/demo/resolve/{COMMIT}/") for p in hub.server.paths())
    return done.stdout.strip().splitlines()


def test_transformers_loads_configuration_and_tokenizer(world):
    assert run(world, """
import transformers.utils.hub as theirs
for name in ("hf_hub_download", "snapshot_download", "try_to_load_from_cache"):
    setattr(theirs, name, getattr(modelsec.hub, name))
from transformers import AutoConfig, AutoTokenizer
for revision in (None, "main", COMMIT, "1.0.0"):
    config = AutoConfig.from_pretrained("org/demo", **({"revision": revision} if revision else {}))
    assert (config.model_type, config.hidden_size) == ("bert", 48), config
tokenizer = AutoTokenizer.from_pretrained("org/demo")
print(tokenizer("hello world nobody")["input_ids"])
try:
    AutoConfig.from_pretrained("org/demo", revision="d" * 40)
except Exception as e:
    while e.__context__ is not None:
        e = e.__context__
    print(type(e).__name__)
""", "transformers", "diffusers") == ["[1, 2, 0]", "MismatchError"]


def test_diffusers_loads_a_scheduler_s_configuration(world):
    assert run(world, """
import diffusers.configuration_utils as theirs
theirs.hf_hub_download = modelsec.hub.hf_hub_download
class Scheduler(theirs.ConfigMixin):
    config_name = "scheduler_config.json"
config = Scheduler.load_config("org/demo", subfolder="scheduler")
print(config["num_train_timesteps"])
""", "transformers", "diffusers") == ["123"]


def test_weights_are_downloaded_as_vllm_asks_for_them(world):
    # The calls of vllm.model_executor.model_loader.weight_utils.download_weights_from_hf and of filter_duplicate_safetensors_files, by name.
    assert run(world, """
import fnmatch, os
hf_folder = modelsec.hub.snapshot_download("org/demo", allow_patterns=["*.safetensors"], ignore_patterns=None, cache_dir=FOLDER + "/cache", tqdm_class=None,
                                           revision=COMMIT, local_files_only=False)
print(sorted(fnmatch.filter(os.listdir(hf_folder), "*.safetensors")))
config = modelsec.hub.hf_hub_download(repo_id="org/demo", filename="config.json", revision=COMMIT, cache_dir=FOLDER + "/cache", local_files_only=True)
assert os.path.samefile(os.path.dirname(config), hf_folder) and not os.path.exists(FOLDER + "/cache")
local = modelsec.hub.snapshot_download("org/demo", local_dir=FOLDER + "/local", allow_patterns=["*.safetensors"])
print(sorted(os.listdir(local)))
""") == ["['model-00001-of-00001.safetensors']"] * 2


def test_planted_mistakes_in_options_are_caught_by_pyright(world):
    # The same that bindings/python/tests/test_types.py shows to mypy: each line from the seventh on is wrong.
    text = (SOURCE / "bindings" / "python" / "tests" / "test_types.py").read_text()
    text = text.partition("MISTAKES = '''\\\n")[2].partition("'''")[0]
    (world.folder / "mistakes.py").write_text(text)
    (world.folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(SOURCE / "bindings" / "python" / "src")], "pythonVersion": "3.11"}))
    said = subprocess.run([packages.node("pyright") / "node_modules" / ".bin" / "pyright", "--outputjson", "mistakes.py"], cwd=world.folder, env=world.env(),
                          capture_output=True, text=True, timeout=120).stdout
    found = {d["range"]["start"]["line"] + 1 for d in json.loads(said)["generalDiagnostics"] if d["severity"] == "error"}
    assert found == set(range(7, len(text.splitlines()) + 1)), said
