"""The extras of pyproject.toml: psl alone tags with exported models, and what else it does needs more packages."""

PIPELINE = (  # the modules of the extra pipeline
    "duckdb",
    "dvc",
    "fastapi",
    "httpx",
    "jinja2",
    "pooch",
    "prefect",
    "requests",
    "safetensors",
    "torch",
    "urllib3",
    "vl_convert",
)


def install(extra: str) -> str:
    """What to do for the packages of an extra, as part of a sentence.

    >>> install("pipeline")
    "run `pip install -e '.[pipeline]'` in psl's repository"
    """
    return f"run `pip install -e '.[{extra}]'` in psl's repository"


def missing_package(error: ModuleNotFoundError) -> str | None:
    """The sentence for a package of the extra pipeline that is not installed; None for any other module."""
    package = (error.name or "").partition(".")[0]
    if package not in PIPELINE:
        return None
    return f"this needs the package {package}, which is not installed: {install('pipeline')}"
