"""Results: of one expression, of a batch as arrays, and the schema that all outputs share."""

from exprinfer.results.batch import BatchResult
from exprinfer.results.prediction import FIELDS, ErrorInfo, Prediction, as_text, parse_integer

__all__ = ["FIELDS", "BatchResult", "ErrorInfo", "Prediction", "as_text", "parse_integer"]
