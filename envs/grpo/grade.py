"""Grading: whether a completion's answer equals the reference, by math-verify, in processes that cannot hang the run.

Symbolic algebra on what a model writes can take for ever or all memory (9^{9^{9^9}}). math-verify sets itself an alarm,
which works in a main thread only and not inside a library that does not return. So it runs in workers of its own, started
from this file; one that has not replied some time after its alarm is killed. Either way the answer counts as wrong.
"""
import json
import os
import re
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ALARM = 2  # whole seconds for reading either side, and for comparing them
SECONDS = 8.0  # for all of it, before the worker is killed
STARTING = 120.0  # for a worker to be ready: it imports SymPy
MEMORY = 4 * 2**30  # bytes of address space of one worker
LONGEST = 2000  # characters; a longer answer is wrong


def answer_of(completion: str) -> str | None:
    """The text between the last `<answer>` before the first `</answer>` and that tag, stripped; None where a tag is missing."""
    before, closed, _ = completion.partition("</answer>")
    _, opened, answer = before.rpartition("<answer>")
    return answer.strip() if closed and opened and answer.strip() else None


def expression(answer: str) -> str:
    """`answer` as one LaTeX expression: the content of its one box, or all of it without the signs that begin and end mathematics.

    With them gone, two answers ("$3$ or $4$") are one expression that equals neither.
    """
    if answer.count("\\boxed{") == 1:
        start, depth = answer.index("\\boxed{") + len("\\boxed"), 0
        for place in range(start, len(answer)):
            depth += (answer[place] == "{") - (answer[place] == "}")
            if depth == 0:
                answer = answer[start + 1 : place]
                break
    answer = answer.replace("\\boxed", "")
    return re.sub(r"(?<!\\)(\$|\\[()\[\]])", " ", answer).strip().rstrip(".").strip()


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[-+]?[0-9]{1,18}", text) else None


class Grader:
    """Grades answers in `workers` processes. Use it in a `with`, or call `close()`."""

    def __init__(self, workers: int | None = None, seconds: float = SECONDS):
        self.seconds = seconds
        self.workers = workers or max(1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
        self.idle: SimpleQueue = SimpleQueue()
        for _ in range(self.workers):
            self.idle.put(None)  # a place for a worker that starts with its first answer
        self.known: dict[tuple[str, str], bool] = {}
        self.timeouts = 0

    def grade(self, references: list[str], completions: list[str]) -> list[bool]:
        """Whether each completion's tagged answer equals the reference at the same place; lists of equal length."""
        if len(references) != len(completions):
            raise ValueError(f"{len(references)} references for {len(completions)} completions")
        pairs = [self._pair(reference, completion) for reference, completion in zip(references, completions)]
        hard = [pair for pair in dict.fromkeys(pairs) if pair and pair not in self.known]
        if hard:
            with ThreadPoolExecutor(self.workers) as pool:
                self.known.update(zip(hard, pool.map(self._verify, hard)))
        return [bool(pair) and self.known[pair] for pair in pairs]

    def _pair(self, reference: str, completion: str) -> tuple[str, str] | None:
        """Reference and answer as expressions, None for an answer that is wrong at a glance; whole numbers are compared here."""
        answer = answer_of(completion)
        if answer is None or len(answer) > LONGEST:
            return None
        pair = expression(reference), expression(answer)
        numbers = _integer(pair[0]), _integer(pair[1])
        if None not in numbers:
            self.known[pair] = numbers[0] == numbers[1]
        return pair

    def _verify(self, pair: tuple[str, str]) -> bool:
        worker = self.idle.get() or self._start()
        try:
            worker.stdin.write(json.dumps(pair).encode() + b"\n")
            worker.stdin.flush()
            reply = _line(worker, self.seconds)
        except OSError:  # it died, for want of memory perhaps
            reply = b""
        if reply not in (b"1", b"0"):
            self.timeouts += 1
            _end(worker)
            worker = None
        self.idle.put(worker)
        return reply == b"1"

    def _start(self) -> subprocess.Popen:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        worker = subprocess.Popen([sys.executable, str(Path(__file__).resolve())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=environment)
        if _line(worker, STARTING) != b"ready":
            _end(worker)
            self.idle.put(None)
            raise RuntimeError(f"the grading process did not start: try `{sys.executable} -c 'import math_verify'`")
        return worker

    def close(self) -> None:
        """Ends the workers."""
        for _ in range(self.workers):
            worker = self.idle.get()
            if worker:
                _end(worker)
            self.idle.put(None)

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _line(worker: subprocess.Popen, seconds: float) -> bytes:
    """The next line a worker writes, or b"" when it writes none in time or has ended. A worker writes a line at once."""
    readable, _, _ = select.select([worker.stdout], [], [], seconds)
    return worker.stdout.readline().strip() if readable else b""


def _end(worker: subprocess.Popen) -> None:
    worker.kill()
    worker.wait()
    worker.stdin.close()
    worker.stdout.close()


def equal(reference: str, answer: str) -> bool:
    """Whether two LaTeX expressions mean the same to math-verify; False for whatever it cannot read. In the main thread only."""
    from math_verify import LatexExtractionConfig, parse, verify

    settings = [LatexExtractionConfig()]
    try:
        wanted, given = (parse(f"${side}$", settings, parsing_timeout=ALARM) for side in (reference, answer))
        return bool(verify(wanted, given, timeout_seconds=ALARM))
    except Exception:  # whatever a parser raises on nonsense: nonsense is not the answer
        return False


def work() -> None:
    """The worker: reads pairs as JSON lines and writes `1` or `0` for each until its input ends."""
    import logging
    import resource

    import math_verify  # noqa: F401  ready means imported

    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    replies, sys.stdout = sys.stdout, sys.stderr
    print("ready", file=replies, flush=True)
    for line in sys.stdin:
        print(int(equal(*json.loads(line))), file=replies, flush=True)


if __name__ == "__main__":
    work()
