"""The main job: `store-monitor up --once`, from nothing to the report's file."""

from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.figures import at_most, figure
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.workbench import Workbench

WITHIN_S = 600.0


def measure(bench: Workbench) -> Measurements:
    """The group's figure: each round starts a broker of its own in a fresh state directory."""
    sample = bench.sample(bench.scale.stores, bench.scale.days)
    rounds = []
    for number in range(1, bench.scale.rounds + 1):
        folder = bench.new_folder(f"main-job-{number}")
        report = folder / "report.csv"
        arguments = ["up", "--data", str(sample), "--once", "--report", str(report)]
        where = ["--state-dir", str(folder / "state"), "--api-port", "0"]
        rounds.append(bench.run(f"up-{number}", ["-m", "stream_app.cli", *arguments, *where], {}, WITHIN_S))
        if not report.is_file():
            raise BenchmarkError(f"`up --once` ended without {report}")
        bench.say(f"up --once {number}: {rounds[-1]:.1f} s")
    note = "from the start of the process to its end, with everything stopped."
    title = "`up --once`: broker, replay, state, report"
    return Measurements({"main_job_s": figure("main-job", title, "s", rounds, at_most(60), note)})
