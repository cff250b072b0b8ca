"""The cell of one syncer: namespaces of its own, in which the paths and ports that are fixed in vcluster's code are free.

Run by `Syncer` as `unshare … python -m idp_sandbox.virtual.cell SETTINGS`, in the syncer's folder; it becomes the syncer.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

SHARED = ("bin", "dev", "etc", "lib", "lib64", "sbin", "usr")
"""What a shell script needs of the machine."""
INTERFACE_UP = 0x8914, 0x1 | 0x40
"""ioctl SIOCSIFFLAGS, and the flags IFF_UP and IFF_RUNNING (netdevice(7))."""


def loopback_up() -> None:
    """Start the loopback interface of a new network namespace."""
    call, flags = INTERFACE_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel, call, struct.pack("16sh14x", b"lo", flags))


def mount(source: Path, target: Path) -> None:
    """Show a file or folder at another path too."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    subprocess.run(["mount", "--rbind", str(source), str(target)], check=True)


def furnish(root: Path, mounts: dict[str, str]) -> None:
    """Lay out the root folder of the cell."""
    for name in SHARED:
        shared = Path("/", name)
        if shared.is_symlink() and not (root / name).is_symlink():
            (root / name).symlink_to(os.readlink(shared))
        elif shared.is_dir() and not shared.is_symlink():
            mount(shared, root / name)
    for target, source in mounts.items():
        mount(Path(source), root / target.lstrip("/"))
    for name in ("tmp", "proc", "pki", "root"):
        (root / name).mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)


def main(settings: dict[str, Any]) -> None:
    """Prepare the cell, then become the syncer."""
    loopback_up()
    subprocess.Popen([sys.executable, "-P", "-m", "idp_sandbox.virtual.forward", *settings["forward"]])
    root = Path("root").absolute()
    furnish(root, settings["mounts"])
    os.chroot(root)
    os.chdir("/")
    os.execve(settings["command"][0], settings["command"], settings["env"])  # noqa: S606


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
