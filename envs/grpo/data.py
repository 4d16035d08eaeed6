"""The problems: MATH as JSON lines, the prompt they are asked in, and the order in which training sees them."""
import json
import random
from dataclasses import dataclass
from pathlib import Path

from variant import STOP

# The form of prompt that DeepSeek-R1-Zero was trained with (Guo et al. 2025, arXiv 2501.12948, table 1), in our own words.
PROMPT = (
    "What follows is a conversation of a User with an Assistant. The User poses a problem and the Assistant solves it. "
    "First the Assistant thinks it through in private, then it tells the User the result. Its thoughts stand between "
    "<think> and </think>, its result between <answer> and </answer>, like this: <think> the thoughts </think> "
    "<answer> the result </answer>.\nUser: {problem}\nAssistant: <think>"
)
HOW_TO_PREPARE = "run `python prepare.py data` for MATH or `python prepare.py tiny` for the CPU variant (README.md)"


class DataError(ValueError):
    """A file of problems is missing or malformed; the message says what to do."""


@dataclass(frozen=True)
class Problem:
    question: str
    answer: str  # LaTeX, without the box around it


def prompt(question: str) -> str:
    """The text that a model continues: the r1-zero conversation up to and with `<think>`."""
    return PROMPT.replace("{problem}", question)


def boxed_answer(solution: str) -> str | None:
    """What the last `\\boxed{...}` or `\\fbox{...}` of a solution holds, or None where there is none that closes."""
    start, command = max((solution.rfind(command), command) for command in ("\\boxed", "\\fbox"))
    if start < 0:
        return None
    rest = solution[start + len(command) :].lstrip()
    if not rest.startswith("{"):  # \boxed 7
        return rest.split("$")[0].split()[0].rstrip(".") if rest.split("$")[0].split() else None
    depth = 0
    for place, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return rest[1:place].strip()
    return None


def read_problems(path: str | Path) -> list[Problem]:
    """The problems of a JSON-lines file with `problem` and either `answer` or a `solution` with a boxed answer.

    Raises DataError when the file is missing or empty, or for the first line that cannot be used, with its number.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is not there: {HOW_TO_PREPARE}")
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: not JSON ({error}); {HOW_TO_PREPARE}") from error
        if not isinstance(row, dict) or not isinstance(row.get("problem"), str):
            raise DataError(f"{path}, line {number}: has no text under `problem`; {HOW_TO_PREPARE}")
        answer = row.get("answer")
        if answer is None and isinstance(row.get("solution"), str):
            answer = boxed_answer(row["solution"])
        if answer is None or not str(answer).strip():
            raise DataError(f"{path}, line {number}: has neither an `answer` nor a `solution` with \\boxed{{...}}; {HOW_TO_PREPARE}")
        problems.append(Problem(row["problem"], str(answer).strip()))
    if not problems:
        raise DataError(f"{path} is empty: {HOW_TO_PREPARE}")
    return problems


class Problems:
    """Training problems in an order drawn from a seed, a new one each time round; its position can be saved."""

    def __init__(self, problems: list[Problem], seed: int):
        self.problems, self.seed, self.position = problems, seed, 0

    def next(self, count: int) -> list[Problem]:
        """The next `count` problems."""
        first, self.position = self.position, self.position + count
        return [self._at(place) for place in range(first, self.position)]

    def _at(self, place: int) -> Problem:
        turn, index = divmod(place, len(self.problems))
        return self.problems[self._order(turn)[index]]

    def _order(self, turn: int) -> list[int]:
        if getattr(self, "_turn", None) != turn:
            self._turn, self._indices = turn, list(range(len(self.problems)))
            random.Random(f"{self.seed} {turn}").shuffle(self._indices)
        return self._indices


def completion_text(text: str) -> str:
    """`text` up to and with the first `</answer>`: nothing after it counts."""
    end = text.find(STOP)
    return text if end < 0 else text[: end + len(STOP)]
