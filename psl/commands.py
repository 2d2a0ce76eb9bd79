"""The command `psl`: fetch published corpora, fetch AudioSet's clips, and make a corpus of one's own recordings."""

import os
from pathlib import Path
from typing import Annotated

import typer

from psl.corpora.audioset_lists import read_segments
from psl.errors import ends_in_a_sentence
from psl.fetching.fetch import CORPORA, fetch_corpus
from psl.fetching.retries import Retries
from psl.fetching.youtube import Clip, Pace, fetch_clips, require_tools
from psl.own_data.check import Told
from psl.own_data.settings import corpus_params, reads_already
from psl.own_data.write import init_corpus

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
AGAIN = "dvc repro -f metadata@audioset"  # DVC sees where the corpus lies, and not what is in it
Folder = Annotated[Path, typer.Argument(help="where it comes to lie")]


@app.command()
def fetch(
    corpus: Annotated[str, typer.Argument(help=", ".join(CORPORA))],
    folder: Folder,
    base_url: Annotated[str | None, typer.Option(help="a mirror that has the corpus's files right below this address")] = None,
    keep_archives: Annotated[bool, typer.Option(help="keep the archives when they are unpacked")] = False,
) -> None:
    """Fetch a published corpus: downloads go on where they were cut, checksums are compared, archives unpacked."""
    fetch_corpus(corpus, folder, base_url, keep_archives, Retries())


@app.command()
def clips(
    segments: Annotated[Path, typer.Argument(help="one of AudioSet's segment lists")],
    folder: Folder,
    per_minute: Annotated[float, typer.Option(min=0.01, help="clips to ask for in a minute, at most")] = 12.0,
    gone_again: Annotated[bool, typer.Option(help="ask again for clips that were found to be gone")] = False,
) -> None:
    """Fetch the clips of a list from YouTube; clips.csv in FOLDER records what became of each."""
    require_tools()
    asked = list(map(Clip, *(read_segments(segments)[name].to_pylist() for name in ("ytid", "start_ms", "end_ms"))))
    counts = fetch_clips(asked, folder, Pace(per_minute), gone_again)
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="the recordings; one folder a class unless --labels is given")],
    labels: Annotated[Path | None, typer.Option(help="CSV with the columns file, labels (separated by ;) and maybe source")] = None,
    target: Annotated[Path | None, typer.Option(help="where the corpus comes to lie  [default: FOLDER.corpus]")] = None,
    vocabulary: Annotated[Path | None, typer.Option(help="one label a line, or AudioSet's class list  [default: the labels found]")] = None,
    audioset_classes: Annotated[Path | None, typer.Option(help="class_labels_indices.csv: its names become AudioSet's ids")] = None,
    eval_share: Annotated[float, typer.Option(min=0.01, max=0.99, help="share of the clips to evaluate with")] = 0.2,
    balanced_share: Annotated[float, typer.Option(min=0.01, max=0.99, help="share of the training clips in the balanced list")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, help="of the division")] = 1,
    ignore_unlisted: Annotated[bool, typer.Option(help="leave out audio files that --labels does not name")] = False,
    params: Annotated[Path | None, typer.Option(help="a params.yaml to write the corpus into")] = None,
) -> None:
    """Make a corpus of your own recordings that every stage takes; every fault is listed before anything is written."""
    whole = Path(os.path.abspath(folder))  # "." has no name
    place = target or whole.parent / f"{whole.name}.corpus"
    first = f"{AGAIN} and then " if params and reads_already(params, place, seed) else ""
    told = Told(folder, labels, vocabulary, audioset_classes, ignore_unlisted)
    typer.echo(init_corpus(told, place, eval_share, balanced_share, seed, params))
    if params:
        typer.echo(f"{params} reads {place} now, and its models learn from the subset full; next: {first}dvc repro")
    else:
        settings = ", ".join(f"{key}: {value}" for key, value in corpus_params(place, seed, Path()).items())
        typer.echo(f"next: in params.yaml, set corpora.audioset: {{{settings}}}")
        typer.echo(
            "and train_annotator.subset: full, annotate.subset: full, so that students learn from all training clips; "
            f"then (after {AGAIN}, if all that stands there already): dvc repro"
        )


def main() -> None:
    """Run the command line; a person's mistake ends in a sentence and exit code 1."""
    with ends_in_a_sentence("psl"):
        app()
