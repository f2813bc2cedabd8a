"""Evaluate data sets that are larger than one machine with Ray.

Needs Ray: ``pip install 'exprinfer[ray]'``.
"""

from exprinfer.ray.data_set import score_dataset
from exprinfer.ray.evaluate import Evaluate
from exprinfer.scoring.datasets import Totals

__all__ = ["Evaluate", "Totals", "score_dataset"]
