"""The common parts of the schemas of manifests, and the validation of an object."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ipagym.agents.autoscalers.manifests.objects import Object
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError


class Api(BaseModel):
    """A part of the manifest; unknown fields and other types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Loose(BaseModel):
    """A part of the manifest in which other fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


Form = TypeVar("Form", bound=BaseModel)

Replicas = Annotated[int, Field(ge=0, le=1_000_000)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class TargetRef(Api):
    """The object that is scaled."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    kind: str
    apiVersion: str | None = None


def formed(found: Object, form: type[Form]) -> Form:
    """The object, validated by that schema.

    Raises:
        InputError: it does not match; one line says where, and which field.
    """
    try:
        return form.model_validate(found.content)
    except ValidationError as error:
        raise InputError(f"{found.place}: {first_problem(error, form)}") from None
