"""What all values that are read from files share: they cannot change, and take no unknown key."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Said = Annotated[str, Field(min_length=1)]
"""Text that may not be left out."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Metres = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Number = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class Frozen(BaseModel):
    """A value that cannot change and takes no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid")
