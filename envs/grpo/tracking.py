"""Where a run's numbers go: always metrics.jsonl, and W&B, TensorBoard or MLflow where the user has set them up.

    W&B           WANDB_PROJECT or WANDB_MODE (online, offline, disabled)
    TensorBoard   TENSORBOARD_DIR, the folder its files go to
    MLflow        MLFLOW_TRACKING_URI, and MLFLOW_EXPERIMENT_NAME if not the environment's name

None is required. One that is set up but missing or failing is named once on the log and then left alone: it never ends a run.
"""
import json
import os
from pathlib import Path


class Tracking:
    """Writes lines of numbers to metrics.jsonl and to the trackers set up in `environment` (os.environ where not given).

    `name` is the environment's, `settings` the run's parameters by name, `say` prints a warning. A process that should write nothing
    (any rank but the first) passes `silent=True`.
    """

    def __init__(self, name: str, settings: dict, silent: bool = False, environment=None, say=print):
        environment = os.environ if environment is None else environment
        self.say, self.trackers = say, []
        self.path = None if silent else Path(environment.get("PROVING_GROUND_METRICS") or "metrics.jsonl")
        if silent:
            return
        for title, wanted, tracker in (("W&B", ("WANDB_PROJECT", "WANDB_MODE"), WeightsAndBiases),
                                       ("TensorBoard", ("TENSORBOARD_DIR",), TensorBoard),
                                       ("MLflow", ("MLFLOW_TRACKING_URI",), MLflow)):
            variables = [variable for variable in wanted if environment.get(variable)]
            if not variables or environment.get("WANDB_MODE") == "disabled" and tracker is WeightsAndBiases:
                continue
            try:
                self.trackers.append((title, tracker(name, settings, environment)))
            except ImportError as cause:
                say(f"{variables[0]} is set, but {title} cannot be imported ({cause}): the run goes on without it")
            except Exception as cause:  # whatever a tracker raises, the run is worth more than its mirror
                say(f"{title} did not start ({type(cause).__name__}: {cause}): the run goes on without it")

    def log(self, line: dict) -> None:
        """Appends `line`, which holds `step` and numbers by name, to metrics.jsonl and hands it to every tracker."""
        if self.path is None:
            return
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        numbers = {key: value for key, value in line.items() if key != "step" and isinstance(value, (int, float))}
        self._each(lambda tracker: tracker.log(numbers, line.get("step", 0)))

    def close(self) -> None:
        """Ends every tracker; metrics.jsonl needs no closing."""
        self._each(lambda tracker: tracker.close())
        self.trackers = []

    def _each(self, act) -> None:
        for entry in list(self.trackers):
            try:
                act(entry[1])
            except Exception as cause:
                self.trackers.remove(entry)
                self.say(f"{entry[0]} failed ({type(cause).__name__}: {cause}): the run goes on without it")


class WeightsAndBiases:
    def __init__(self, name, settings, environment):
        import wandb

        self.run = wandb.init(project=environment.get("WANDB_PROJECT") or name, name=environment.get("PROVING_GROUND_RUN"), config=settings,
                              settings=wandb.Settings(init_timeout=30))

    def log(self, numbers, step):
        self.run.log({**numbers, "step": step})

    def close(self):
        self.run.finish()


class TensorBoard:
    def __init__(self, name, settings, environment):
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(Path(environment["TENSORBOARD_DIR"], environment.get("PROVING_GROUND_RUN") or name)))
        self.writer.add_text("settings", "\n".join(f"    {key} = {value}" for key, value in settings.items()))

    def log(self, numbers, step):
        for key, value in numbers.items():
            self.writer.add_scalar(key, value, step)

    def close(self):
        self.writer.close()


class MLflow:
    def __init__(self, name, settings, environment):
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # its own default waits for minutes where there is no network
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        import mlflow

        mlflow.set_tracking_uri(environment["MLFLOW_TRACKING_URI"])
        mlflow.set_experiment(environment.get("MLFLOW_EXPERIMENT_NAME") or name)
        mlflow.start_run(run_name=environment.get("PROVING_GROUND_RUN"))
        mlflow.log_params({key: str(value) for key, value in settings.items()})
        self.mlflow = mlflow

    def log(self, numbers, step):
        self.mlflow.log_metrics({key: float(value) for key, value in numbers.items()}, step=step)

    def close(self):
        self.mlflow.end_run()
