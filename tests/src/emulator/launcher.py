"""Starts the AWS emulator for tests, with its clock turned by libfaketime and without its waits.

It listens on a free port of loopback, says so in one line of its output, and ends itself, its functions and its
folder when its input closes: whoever started it may end in any way. What it changes are inner names of one release;
where one is missing it fails before it says anything.
"""
import asyncio
import json
import os
import shutil
import signal
import socket
import socketserver
import sys
import threading


def end_with_the_input():
    sys.stdin.buffer.read()
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def change(owner, name, value):
    """Sets what must be there already."""
    if not hasattr(owner, name):
        raise SystemExit(f"the emulator has no {owner.__name__}.{name}: it is not the release that this was made for")
    setattr(owner, name, value)


def speed_up():
    from ministack.core import lambda_runtime
    from ministack.services import eventbridge, scheduler

    # Without it every call of a function stands still for 40 ms.
    change(socketserver.StreamRequestHandler, "disable_nagle_algorithm", True)
    # Seconds between two looks for what is due.
    change(scheduler, "_SCHEDULE_TICK_INTERVAL", 0.1)
    change(eventbridge, "_SCHEDULER_TICK_INTERVAL", 0.1)
    # Nobody waits for log lines after an answer: for the first, for quiet, at most.
    drain = lambda_runtime.ProvidedWorker._drain_stderr_bounded
    if len(drain.__defaults__ or ()) != 3:
        raise SystemExit("the emulator drains logs otherwise: it is not the release that this was made for")
    drain.__defaults__ = (0.0, 0.0, 0.0)


def correct_permissions():
    """Asks for the permissions that AWS asks for, where the emulator asks for others."""
    from ministack.core import iam_actions

    found_action, found_arn = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(*call):
        # Several messages at once need the permission that one needs.
        found = found_action(*call)
        return found.removesuffix("Batch") if (found or "").startswith("sqs:") else found

    def arn(service, method, path, headers, body, *rest):
        # A schedule lies in the group that the call names.
        found = found_arn(service, method, path, headers, body, *rest)
        if service != "scheduler" or not body:
            return found
        group = json.loads(body).get("GroupName", "default")
        return found.replace(":schedule/default/", f":schedule/{group}/")

    change(iam_actions, "extract_iam_action", action)
    change(iam_actions, "extract_resource_arn", arn)


def main():
    if os.getpgrp() != os.getpid():
        raise SystemExit("start it as a process group of its own: it ends its whole group")
    threading.Thread(target=end_with_the_input, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    # Read when the emulator is imported, and passed on to functions.
    os.environ["GATEWAY_PORT"] = str(port)
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    speed_up()
    correct_permissions()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    # Whoever calls before it serves is kept waiting by the listener.
    print(port, flush=True)
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main()
