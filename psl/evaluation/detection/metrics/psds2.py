"""PSDS-2, which rewards detections of the right class, and costs those of a class that another one triggers."""

from psl.evaluation.detection.metrics import DetectionMetric
from psl.evaluation.detection.metrics.psds import PSDS2
from psl.evaluation.detection.metrics.psds_bootstrap import measure_psds

METRIC = DetectionMetric(name="psds2", heading="PSDS-2", measure=measure_psds(PSDS2), least_classes=2)
