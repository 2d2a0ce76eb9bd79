"""The metric of a transfer set, by its name in the parameters."""

from psl.evaluation.scores.clip_metric import ClipMetric
from psl.evaluation.scores.metric_files import load_metric


def clip_metric(name: str) -> ClipMetric:
    """The metric of the file `name` of psl/evaluation/tagging/metrics. Raises PslError that lists the files."""
    metric: ClipMetric = load_metric(f"psl.evaluation.tagging.metrics.{name}")
    return metric
