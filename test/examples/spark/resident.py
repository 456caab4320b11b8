"""
A program that stays with an executor and serves its tasks, one at a time: it reads requests from its stdin and writes answers to
its stdout. Loading a model takes longer than many a task; this way it happens once for each executor.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import time

from pyspark import SparkFiles


@contextlib.contextmanager
def resident(name, command, meanwhile=()):
    """
    Yields the program's stdin and stdout to a task, which has them alone until the block ends, and starts the program unless it
    runs. All of an answer must be read in the block. A task that fails or is killed in it may leave half of one behind: the
    next task starts the program anew, as it does for another command under the same name.

    `meanwhile` is what a task may do until it has them, step by step; it takes the first step before it asks for them.
    """
    folder = os.path.join(SparkFiles.getRootDirectory(), f".{name}")  # each executor has its own
    os.makedirs(folder, mode=0o700, exist_ok=True)
    busy, started = os.path.join(folder, "busy"), os.path.join(folder, "command")
    with open(os.path.join(folder, "lock"), "w") as lock:
        _take(lock, meanwhile)
        if os.path.exists(busy) or _read(started) != json.dumps(command):
            _end(folder)
        requests, answers = _connect(folder) or _start(folder, command)
        _write(started, json.dumps(command))
        _write(busy, "")
        with requests, answers:
            yield requests, answers
        os.remove(busy)


def _take(lock, meanwhile):
    """The system lets go of the lock when a task is killed."""
    for _ in meanwhile:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
    return fcntl.flock(lock, fcntl.LOCK_EX)


def _paths(folder):
    return os.path.join(folder, "requests"), os.path.join(folder, "answers")


def _connect(folder):
    """Opens both ends; None if no program has the others open."""
    requests, answers = _paths(folder)
    try:
        writing = os.open(requests, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # there is no pipe yet, or nobody reads from it
        return None
    reading = os.open(answers, os.O_RDONLY | os.O_NONBLOCK)
    for end in (writing, reading):
        os.set_blocking(end, True)
    return open(writing, "wb"), open(reading, "rb")


def _start(folder, command):
    for path in _paths(folder):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        os.mkfifo(path, 0o600)
    # Open for both, a pipe does not end when a task closes it, and does when the program dies.
    stdin, stdout = (os.open(path, os.O_RDWR) for path in _paths(folder))
    # It stays in the process group of Spark's Python workers, which is ended with the executor.
    program = subprocess.Popen(command, stdin=stdin, stdout=stdout)
    _write(os.path.join(folder, "pid"), str(program.pid))
    ends = _connect(folder)
    os.close(stdin)
    os.close(stdout)
    return ends


def _end(folder):
    connected = _connect(folder)
    if connected is None:
        return
    for end in connected:
        end.close()
    os.kill(int(_read(os.path.join(folder, "pid"))), signal.SIGKILL)
    while (connected := _connect(folder)) is not None:
        for end in connected:
            end.close()
        time.sleep(0.01)


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)
