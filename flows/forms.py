"""What fields of the UI's forms list: the keys that params.yaml and presets/ have when the flows are served."""

from pathlib import Path

from prefect.deployments.runner import RunnerDeployment

from psl.config import ANNOTATOR
from psl.config.file import read_params
from tasks.params import PRESETS
from tasks.stage import PARAMS


def choices(params: Path = PARAMS, presets: Path = PRESETS) -> dict[str, list[str]]:
    """The values that a field may have, by its name; a field that is not here takes any."""
    models = [ANNOTATOR, *read_params(params).students] if params.exists() else []
    names = sorted(path.stem for path in presets.glob("*.yaml"))
    return {field: values for field, values in (("model", models), ("preset", names)) if values}


def offer(deployment: RunnerDeployment, fields: dict[str, list[str]]) -> RunnerDeployment:
    """Let the form of a deployment list these values, and the server refuse others before a run starts."""
    properties = deployment._parameter_openapi_schema.properties  # Prefect has no other way to it
    for name in properties.keys() & fields.keys():
        properties[name]["enum"] = fields[name]
    return deployment
