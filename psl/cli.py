"""The command `psl`: fetch corpora, make and audit a corpus of your recordings, tag recordings."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from psl.audit.labels_app import app as labels_app
from psl.cli_options import EventOptions, WindowOptions, with_options
from psl.runtime.errors import INTERRUPTED, exit_with_message

if TYPE_CHECKING:
    from psl.tagging.request import Request

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(labels_app, name="labels")
# A command imports what it needs when it runs, so that `psl tag` starts at once and without the extra `pipeline`.
Folder = Annotated[Path, typer.Argument(help="the target folder")]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"psl {installed_version('psl')}")
        raise typer.Exit


@app.callback(help=__doc__)
def options(
    *, version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_show_version)] = False
) -> None:
    """Take what belongs to no command."""


@app.command()
def fetch(
    corpus: Annotated[str, typer.Argument(help="audioset, fsd50k, fsdkaggle2018, fsdkaggle2019, desed or esc50")],
    folder: Folder,
    base_url: Annotated[
        str | None, typer.Option(help="a mirror that has the corpus's files right below this address")
    ] = None,
    keep_archives: Annotated[bool, typer.Option(help="keep the archives when they are unpacked")] = False,
) -> None:
    """Fetch a published corpus: resume downloads, verify checksums, unpack archives."""
    from psl.corpora.download.fetch import fetch_corpus
    from psl.corpora.download.retries import Retries

    fetch_corpus(corpus, folder, base_url, keep_archives, retries=Retries())


@app.command()
def clips(
    segments: Annotated[Path, typer.Argument(help="one of AudioSet's segment lists")],
    folder: Folder,
    per_minute: Annotated[float, typer.Option(min=0.01, help="most clips to request in a minute")] = 12.0,
    gone_again: Annotated[bool, typer.Option(help="retry clips that were gone")] = False,
) -> None:
    """Fetch the clips of a list from YouTube; clips.csv in FOLDER records the outcome of each."""
    from psl.corpora.download.youtube import RateLimit, YouTubeClip, fetch_clips, require_tools
    from psl.corpora.lists.audioset_lists import read_segments

    require_tools()
    table = read_segments(segments)
    wanted = list(map(YouTubeClip, *(table[name].to_pylist() for name in ("ytid", "start_ms", "end_ms"))))
    counts = fetch_clips(wanted, folder, RateLimit(per_minute), gone_again)
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="the recordings; one folder a class unless --labels is given")],
    *,
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV: file, labels (separated by ;), maybe source, looked_for, start and end (seconds)"),
    ] = None,
    looked_for: Annotated[
        Path | None,
        typer.Option(
            help="one label a line: what was looked for where the column looked_for is empty", show_default="all"
        ),
    ] = None,
    target: Annotated[Path | None, typer.Option(help="folder of the corpus", show_default="FOLDER.corpus")] = None,
    name: Annotated[
        str | None, typer.Option(help="of the corpus in params.yaml", show_default="the folder's name")
    ] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(help="one label a line, or AudioSet's class list", show_default="the labels in use")
    ] = None,
    audioset_classes: Annotated[
        Path | None, typer.Option(help="class_labels_indices.csv: its names become AudioSet's ids")
    ] = None,
    eval_share: Annotated[float, typer.Option(min=0.01, max=0.99, help="share of the clips to evaluate with")] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="of the split into train and eval")] = 1,
    clip_seconds: Annotated[
        float | None, typer.Option(min=0.5, help="cut longer clips to this length; each part has all their labels")
    ] = None,
    ignore_unlisted: Annotated[bool, typer.Option(help="leave out audio files that --labels does not name")] = False,
    params: Annotated[Path | None, typer.Option(help="a params.yaml to write the corpus into")] = None,
) -> None:
    """Make a corpus of your own recordings; every fault is listed before anything is written."""
    from psl.corpora.custom.check import InitRequest
    from psl.corpora.custom.settings import corpus_name, corpus_params, yaml_line
    from psl.corpora.custom.write import init_corpus

    recordings = Path(os.path.abspath(folder))  # "." has no name
    corpus = target or recordings.with_name(f"{recordings.name}.corpus")
    key = corpus_name(name or recordings.name)
    request = InitRequest(folder, labels, vocabulary, audioset_classes, ignore_unlisted, looked_for, clip_seconds)
    typer.echo(init_corpus(request, corpus, eval_share, seed, params=params, name=key))
    if params:
        typer.echo(f"all models of {params} learn from {key} now; next: make repro")
    else:
        entry = yaml_line({key: corpus_params(corpus, Path())})
        typer.echo(
            f"next: remove {corpus} and run this again with --params params.yaml, or add to corpora there, and set "
            f"what names a corpus or its subsets: {entry}"
        )


@app.command()
@with_options
def tag(
    model: Annotated[Path, typer.Argument(help="folder of a trained model, of an annotator, or an .onnx file")],
    recordings: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="audio files, folders of them; - is stdin")
    ],
    *,
    kind: Annotated[
        Literal["labels", "events", "scores"], typer.Option(help="of windows, over time, or all classes of windows")
    ] = "labels",
    format: Annotated[
        str | None, typer.Option(help="csv, jsonl, parquet, audacity, raven or webvtt", show_default="csv")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="a folder for one file a recording, several at once", show_default="print")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="print a timeline of so many classes")] = None,
    options: EventOptions,
) -> None:
    """Tag recordings of any length: labels, events or scores. What --out has already is left as it is."""
    from psl.tagging.command import TagRequest, run

    run(TagRequest(given=_request(model, recordings, options), kind=kind, format=format, out=out, top=top))


@app.command()
@with_options
def false_alarms(
    model: Annotated[Path, typer.Argument(help="as for psl tag")],
    recordings: Annotated[
        list[str], typer.Argument(metavar="FOLDER...", help="recordings without the model's classes: folders, files, -")
    ],
    *,
    per_hour: Annotated[
        float | None, typer.Option(help="find thresholds with so many alarms of a class at most")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the CSV for these thresholds, as --threshold reads it")] = None,
    format: Annotated[Literal["table", "csv", "json"], typer.Option(help="of what is printed")] = "table",
    options: EventOptions,
) -> None:
    """Count false alarms, which are events, in recordings of background alone; find thresholds for a rate of them."""
    from psl.tagging.false_alarms.command import FalseAlarmsRequest, run

    run(FalseAlarmsRequest(given=_request(model, recordings, options), format=format, per_hour=per_hour, out=out))


def _request(model: Path, recordings: list[str], options: EventOptions) -> "Request":
    from psl.tagging.events import EventRules
    from psl.tagging.request import Request

    return Request(
        model=model,
        recordings=recordings,
        threshold=options.threshold,
        rules=EventRules(options.median, options.hysteresis, options.min_length, options.max_gap),
        window_seconds=options.window,
        hop_seconds=options.hop,
        workers=options.workers,
        device=options.device,
    )


@app.command()
@with_options
def audit(
    folder: Annotated[Path, typer.Argument(help="the recordings; one folder a class unless --labels is given")],
    *,
    annotator: Annotated[Path, typer.Option(help="any model that `psl tag` opens")],
    out: Annotated[Path, typer.Option(help="a new folder for page, store and queue")],
    labels: Annotated[Path | None, typer.Option(help="CSV as of psl init: file, labels, maybe start and end")] = None,
    classes: Annotated[
        Path | None, typer.Option(help="CSV own,teacher: your labels and the annotator's ids that they stand for")
    ] = None,
    ontology: Annotated[Path | None, typer.Option(help="AudioSet's ontology.json: children count for parents")] = None,
    audioset_classes: Annotated[
        Path | None, typer.Option(help="class_labels_indices.csv: its names are AudioSet's ids")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="windows to review")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="of the random control")] = 1,
    options: WindowOptions,
) -> None:
    """Hear what labels lack before any training: where an annotator contradicts them, to listen to and decide."""
    from psl.audit.command import AuditRequest, run

    typer.echo(
        run(
            AuditRequest(
                folder,
                labels,
                annotator,
                out,
                classes=classes,
                ontology=ontology,
                audioset_classes=audioset_classes,
                window_seconds=options.window,
                hop_seconds=options.hop,
                queue=queue,
                seed=seed,
                workers=options.workers,
                device=options.device,
            )
        )
    )


@app.command(context_settings={"ignore_unknown_options": True})
def compare(
    first: Annotated[str, typer.Argument(metavar="REV1", help="a commit, as git names it")],
    second: Annotated[str, typer.Argument(metavar="REV2", help="another one")],
    *,
    model: Annotated[
        str | None, typer.Option(help="key of a student, or annotator: its classes", show_default="all models")
    ] = None,
    format: Annotated[Literal["table", "csv"], typer.Option(help="of the rows; sentences stand beside them")] = "table",
) -> None:
    """Compare two commits' models on the same clips, and say whether the difference is noise."""
    from psl.evaluation.revisions.compare import compare_models
    from psl.evaluation.revisions.revision import Revision
    from psl.evaluation.revisions.show import show

    show(*compare_models(Revision(first), Revision(second), model), format)


def main() -> None:
    """Run the command line; a person's mistake ends in a sentence and exit code 1."""
    with exit_with_message("psl", resumes=_resumes(sys.argv[1:])):
        try:
            app()
        except SystemExit as end:
            if end.code == INTERRUPTED:  # by which typer ends without a word
                raise KeyboardInterrupt from None
            raise


def _resumes(arguments: Sequence[str]) -> bool:
    """Whether this command, stopped and run again, goes on where it was.

    >>> _resumes(["tag", "model", "yard", "--out=tags"]), _resumes(["tag", "model", "dog.wav"]), _resumes(["fetch"])
    (True, False, True)
    """
    command = next(iter(arguments), "")
    return command in ("fetch", "clips") or (command == "tag" and any(a.split("=")[0] == "--out" for a in arguments))
