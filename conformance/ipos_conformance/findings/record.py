"""The base of everything that stands in a results file."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A value that is written to and read from JSON, strictly. What is said of its fields stands in the JSON Schema."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
