"""Renders a page of windows from a template, which can import the player that such pages share, player.jinja."""

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from psl.listening.words import clock, probability


def render(package: str, template: str, **values: Any) -> str:
    """The page as text. Same values, same text."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "."), PackageLoader("psl.listening", ".")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(time=clock, probability=probability)
    return environment.get_template(template).render(**values)
