"""A scripted engine: speaks the protocol well, or badly in the way its first argument says.

Standard library only, so that any Python can run it. The second argument, if any, is a GLB file
that it hands out as if it had made it; without one the file holds four letters. The third is the
folder of a museum that it hands out as if it had built it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)
HELLO = {
    "protocol": 1,
    "engine": "9.9.9",
    "device": "cpu",
    "models": [
        {"name": "textured_props", "title": "Textured Props"},
        {"name": "voxel_characters", "title": "Voxel Characters"},
    ],
}
NUMBER = {"type": "number", "default": 1.0}
MODELS = [
    {
        "name": "textured_props",
        "title": "Textured Props",
        "makes": "shapes",
        "people": False,
        "options": {
            "class_name": {"type": "string", "default": None},
            "truncation": NUMBER,
            "height": {"type": "number", "default": None},
            "triangles": {"type": "integer", "default": 3000},
            "texture": {"type": "integer", "enum": [256, 512, 1024, 2048], "default": 1024},
            "lods": {"type": "integer", "default": 3},
            "collider": {"type": "string", "default": "hull"},
        },
        "categories": [
            {"name": "boat", "classes": [{"name": "boat", "examples": 9}]},
            {
                "name": "furniture",
                "classes": [{"name": "chair", "examples": 20}, {"name": "table", "examples": 34}],
            },
        ],
    },
    {
        "name": "voxel_characters",
        "title": "Voxel Characters",
        "makes": "voxels",
        "people": True,
        "options": {"truncation": NUMBER, "height": NUMBER | {"default": 1.7}, "rig": {}},
        "categories": [],
    },
]


def send(**body: Any) -> None:
    write(json.dumps({"jsonrpc": "2.0", **body}, ensure_ascii=False).encode() + b"\n")


def write(data: bytes) -> None:
    os.write(1, data)


def progress(job: str, done: int, total: int) -> None:
    params = {"job": job, "phase": "Making people", "done": done, "total": total, "eta_s": 1.5}
    send(method="$/progress", params=params)


def finish(
    job: str, params: dict[str, Any], glb: str | None, *, some_refused: bool = False
) -> None:
    folder = Path(params["out"])
    items = []
    for seed in range(params["seed"], params["seed"] + params["count"]):
        path = folder / f"person-{seed:06d}.glb"
        if glb:
            shutil.copyfile(glb, path)
        else:
            path.write_bytes(b"glTF")
        preview = path.with_suffix(".png")
        preview.write_bytes(PIXEL)
        files = {"glb": str(path), "preview": str(preview)}
        report = {"class": "chair"} if "class_name" in params else {}
        items.append({"name": path.stem, "seed": seed, "files": files, "report": report})
    refused = [{"seed": 99, "code": "E_EMPTY", "sentence": "Seed 99 gives no body.", "fix": "-"}]
    answer = {"items": items, "refused": refused if some_refused else []}
    send(id=job, result=answer | {"sheet": None, "report": None})


def gallery(job: str, params: dict[str, Any], bundle: str) -> None:
    shutil.copytree(bundle, params["out"], dirs_exist_ok=True)
    path = str(Path(params["out"], "museum.json"))
    title = f"Museum of {params['theme']}"
    notes = ["No model makes films: pictures shine from the screens instead."]
    send(id=job, result={"museum": path, "title": title, "rooms": 4, "works": 30, "notes": notes})


def works(job: str, params: dict[str, Any], glb: str) -> None:
    items = []
    for order in params["works"]:
        flat = order["kind"] in ("painting", "video")
        path = Path(params["out"], f"{order['slot']}.{'png' if flat else 'glb'}")
        path.write_bytes(PIXEL if flat else Path(glb).read_bytes())
        origin = {key: order[key] for key in ("model", "class_name", "seed", "truncation")}
        items.append(
            {
                "slot": order["slot"],
                "kind": order["kind"],
                "title": f"Made {order['seed']}",
                "alt": "What the fake makes",
                "origin": {"origin": "made"} | origin,
                "size": order["size"],
                "files": {"image" if flat else "glb": str(path)},
            }
        )
    send(id=job, result={"items": items, "refused": []})


def fail(job: str, code: str) -> None:
    data = {"code": code, "sentence": f"The fake says {code}.", "fix": "Choose another fake."}
    send(id=job, error={"code": -32000, "message": data["sentence"], "data": data})


def await_cancel(lines: Any) -> None:
    for line in lines:
        if json.loads(line).get("method") == "$/cancel":
            return


def hang() -> None:
    while True:
        signal.pause()


def generate(mode: str, job: str, params: dict[str, Any], lines: Any, glb: str | None) -> None:
    if mode == "slow":
        Path(params["out"], "half.glb").write_bytes(b"half")
        progress(job, 1, 4)
        await_cancel(lines)
        fail(job, "E_CANCELLED")
    elif mode == "deaf":
        progress(job, 1, 4)
        hang()
    elif mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        progress(job, 1, 4)
        hang()
    elif mode == "crash":
        os.write(2, b"Segmentation fault in the fake\n")
        os._exit(3)
    elif mode == "garbage":
        write(b"\xff\xfe Loading weights...\n")
        hang()
    elif mode == "endless":
        while True:
            write(b"x" * 65536)
    elif mode == "error":
        fail(job, "E_WEIGHTS")
    elif mode == "split":
        notice = {"job": job, "phase": "Größe — 身長", "done": 1, "total": 2, "eta_s": None}
        body = {"jsonrpc": "2.0", "method": "$/progress", "params": notice}
        for byte in json.dumps(body, ensure_ascii=False).encode() + b"\n":
            write(bytes([byte]))
        finish(job, params, glb)
    elif mode == "resolved":
        finish(job, params | {"out": str(Path(params["out"]).resolve())}, glb)
    elif mode in ("outside", "climbing"):
        path = "/etc/passwd" if mode == "outside" else f"{params['out']}/../../logs/engine.log"
        item = {"name": "a", "seed": 0, "files": {"glb": path}, "report": {}}
        send(id=job, result={"items": [item], "sheet": None, "report": None})
    elif mode == "lost":
        path = str(Path(params["out"], "never.glb"))
        item = {"name": "a", "seed": 0, "files": {"glb": path}, "report": {}}
        send(id=job, result={"items": [item], "sheet": None, "report": None})
    else:
        for done in range(5):
            progress(job, done, 4)
        send(method="$/heartbeat", params={"job": job})
        finish(job, params, glb, some_refused=mode == "picky")


def main() -> None:
    mode, glb, bundle = [*sys.argv[1:], None, None][:3]
    lines = sys.stdin.buffer
    if mode == "silent":
        hang()
    if mode == "quits":
        sys.exit(7)
    for line in lines:
        call = json.loads(line)
        if call["method"] == "hello":
            send(id=call["id"], result=HELLO | {"protocol": 99 if mode == "future" else 1})
        elif call["method"] == "models":
            models = {"models": [{"name": "a"}]} if mode == "vague" else {"models": MODELS}
            send(id=call["id"], result=models)
        elif call["method"] == "generate":
            generate(mode, call["id"], call["params"], lines, glb)
        elif mode != "happy":
            generate(mode, call["id"], call["params"] | {"seed": 0, "count": 1}, lines, glb)
        elif call["method"] == "gallery":
            gallery(call["id"], call["params"], bundle or "")
        elif call["method"] == "works":
            works(call["id"], call["params"], glb or "")


if __name__ == "__main__":
    main()
