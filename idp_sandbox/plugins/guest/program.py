"""Run one Pulumi program: the process between the language host and the user's code.

It is run by its path with the interpreter of the user's virtual environment, so it imports nothing but Python and pulumi.
"""

import argparse
import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BAILED = 32
"""Exit code that tells the engine: the error has been shown."""


def main() -> int:
    """Run the program that the arguments name; the exit code is the language host's to read."""
    arguments = parse()
    try:
        import pulumi
        import pulumi.runtime
    except ImportError:
        print(
            f"{sys.executable} has no Pulumi SDK: install it there (pip install pulumi), "
            "or name the virtual environment that has it in Pulumi.yaml (runtime.options.virtualenv)",
            file=sys.stderr,
        )
        return 1
    pulumi.runtime.set_all_config(json.loads(os.environ["PULUMI_CONFIG"]), json.loads(os.environ["PULUMI_CONFIG_SECRET_KEYS"]))
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=arguments.monitor,
            engine=arguments.engine,
            project=arguments.project,
            stack=arguments.stack,
            parallel=arguments.parallel,
            dry_run=arguments.dry_run,
            organization=arguments.organization,
            root_directory=arguments.root_directory,
        )
    )
    # A program that fails leaves futures behind that nobody awaits; what asyncio says of them would bury the error.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.argv = [arguments.program]
    own, users = Path(__file__).parent, main_file(arguments.program).parent
    sys.path[:] = [str(users), *(entry for entry in sys.path if entry != str(own))]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Threads for what SDKs do off the loop: some for each resource that may be registered at once (as the official host has it).
    with ThreadPoolExecutor(max_workers=min(max(arguments.parallel, 1) * 4, 256)) as threads:
        loop.set_default_executor(threads)
        return run(loop, arguments.program)


def run(loop: asyncio.AbstractEventLoop, program: str) -> int:
    """Run the program in its stack and show what it raises."""
    import pulumi
    import pulumi.runtime

    main = main_file(program)
    if not main.exists():
        pulumi.log.error(f"{main.parent} has no {main.name}: write the program there, or name another file in Pulumi.yaml (main: app.py)")
        return BAILED

    async def execute() -> None:
        runpy.run_path(program, run_name="__main__")
        await asyncio.sleep(0)  # the registrations start: the SDK, which sees some under way, awaits each once (idp_components/stack.py)

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(execute))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return BAILED
    except Exception as error:
        pulumi.log.error(f"Program failed with an unhandled exception:\n{users_traceback(error, main)}")
        return BAILED
    return 0


def main_file(program: str) -> Path:
    """The file that is run where a project names a file or a folder."""
    path = Path(program).resolve()
    return path / "__main__.py" if path.is_dir() else path


def users_traceback(error: Exception, main: Path) -> str:
    """The traceback from the user's first line on, without the frames that lead there; of a file that can't be parsed only its place."""
    frames = traceback.extract_tb(error.__traceback__)
    unseen = len(frames) if isinstance(error, SyntaxError) else 0
    start = next((index for index, frame in enumerate(frames) if Path(frame.filename).resolve() == main), unseen)
    return "".join(
        [
            "Traceback (most recent call last):\n",
            *traceback.format_list(frames[start:]),
            *traceback.format_exception_only(type(error), error),
        ]
    )


def parse() -> argparse.Namespace:
    """The language host's arguments."""
    parser = argparse.ArgumentParser()
    for name in ("monitor", "engine", "project", "stack", "organization", "root-directory"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", type=int, required=True)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("program")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
