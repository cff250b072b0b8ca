"""Small real charts for tests."""

import json
import tarfile
from pathlib import Path

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {color: {{ .Values.color | quote }}}\n"


def chart(folder: Path, name="tiny", values="color: red\n", schema=None, template=CONFIG_MAP, dependencies=(), **files):
    """A chart in `folder`. `files` are further ones, by path with `__` for `/`."""
    said = {"apiVersion": "v2", "name": name, "version": "0.1.0", "dependencies": list(dependencies)}
    written = {"Chart.yaml": json.dumps(said), "values.yaml": values, "templates/main.yaml": template}
    if schema is not None:
        written["values.schema.json"] = json.dumps(schema)
    for path, text in {**written, **{key.replace("__", "/"): text for key, text in files.items()}}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def package(folder: Path, target: Path):
    """The chart in `folder` as helm packages it."""
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder, json.loads((folder / "Chart.yaml").read_text())["name"])
    return target
