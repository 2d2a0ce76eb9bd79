"""PSDS-1, which rewards detections that fit an event's onset and offset."""

from psl.evaluation.detection.metrics import DetectionMetric
from psl.evaluation.detection.metrics.psds import PSDS1
from psl.evaluation.detection.metrics.psds_bootstrap import measure_psds

METRIC = DetectionMetric(name="psds1", heading="PSDS-1", measure=measure_psds(PSDS1))
