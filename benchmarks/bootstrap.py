"""Bootstrap of macro mAP: seconds for a size, beside the plain way (copy the rows, score them again).

`python -m benchmarks.bootstrap --clips 20000 --classes 527 --draws 1000`. Time grows linearly in draws, classes and
clips.
"""

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

from psl.evaluation.scores.bootstrap import sampled_clips
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.metrics.mean_average_precision import bootstrap_map


def main() -> None:
    """Print both times and how far the two results lie apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in {"clips": 20_000, "classes": 527, "draws": 1000, "plain-draws": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    size = parser.parse_args()
    rng = np.random.default_rng(1)
    y_NC = (
        rng.random((size.clips, size.classes)) < np.geomspace(0.003, 0.3, size.classes) * 0.1
    )  # 2 or 3 labels a clip of 527
    score_NC = (rng.normal(size=y_NC.shape) + 2 * y_NC).astype(np.float32)
    few = min(size.plain_draws, size.draws)
    draws = [sampled_clips(size.clips, draw, seed=1) for draw in range(few)]
    plain_s, plain = _timed(
        lambda: np.array([np.nanmean(average_precision(y_NC[draw], score_NC[draw])) for draw in draws])
    )
    fast_s, fast = _timed(lambda: bootstrap_map(y_NC, [score_NC], size.draws, seed=1)[0])
    print(
        f"{size.clips} clips, {size.classes} classes, {y_NC.sum() / size.clips:.2f} labels a clip, "
        f"{os.cpu_count()} cores"
    )
    print(f"plain: {plain_s / few * size.draws:.0f} s for {size.draws} draws ({few} measured, one core)")
    print(f"fast: {fast_s:.1f} s for {size.draws} draws; largest difference {np.abs(fast[:few] - plain).max():.1e}")


def _timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main()
