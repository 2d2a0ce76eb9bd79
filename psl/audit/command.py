"""What `psl audit` does: labels against an annotator, written as one page, one store and the queue to review."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psl.annotators.class_map import ClassMap
from psl.annotators.join_classes import join_classes
from psl.audit.excerpts import excerpts
from psl.audit.findings import Heard
from psl.audit.given import Given, read_given
from psl.audit.page import write_page
from psl.audit.queue import make_queue
from psl.audit.record import PAGE, QUEUE, STORE, Record, require_free
from psl.audit.review import write_review
from psl.audit.score import score_clips
from psl.audit.store import write_store
from psl.audit.summary import Summary, summarise
from psl.config.base import Device
from psl.config.class_join import ClassJoin
from psl.io.files import atomic_folder
from psl.io.hashes import hash_file, hash_json
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.runtime.writable import require_writable
from psl.tagging.tagger import Tagger, load


@dataclass(frozen=True)
class AuditRequest:
    """The options of `psl audit`; None is what was not given."""

    folder: Path
    labels: Path | None
    annotator: Path
    out: Path
    classes: Path | None  # own,teacher
    ontology: Path | None
    audioset_classes: Path | None
    window_seconds: float | None
    hop_seconds: float | None
    queue: int  # windows
    seed: int  # of the control
    workers: int  # 0: one per core
    device: Device


def run(request: AuditRequest) -> str:
    """Do it, and say in some lines what was found. Raises PslError, with nothing written."""
    require_free(request.out, request.folder)
    require_writable([request.out])
    tagger = load(
        request.annotator,
        window_seconds=request.window_seconds,
        hop_seconds=request.hop_seconds,
        device=request.device,
    )
    given = read_given(request.folder, request.labels, request.audioset_classes, tagger.vocabulary)
    class_map = _joined(request, given, tagger)
    workers = request.workers or cores()
    scores, failed = score_clips(request.folder, given.clips, tagger, class_map, workers=workers)
    if not scores:
        raise PslError(f"none of the {len(given.clips)} clips could be read: {next(iter(failed.values()))}")
    numbers = sorted(scores)
    heard = Heard([given.clips[n] for n in numbers], [scores[n] for n in numbers], given.vocabulary)
    unused = [*given.unused, *(failed[n] for n in sorted(failed))]
    queue = make_queue(heard, request.queue, request.seed)
    about = _about(request, given, tagger, class_map) | {"control_drawn_from": queue.drawn_from}
    record = Record(about, tuple(queue.rows))
    summary = summarise(heard, class_map)
    found = excerpts(request.folder, queue.rows, workers)
    with atomic_folder(request.out) as folder:
        record.write(folder)
        write_review(folder / QUEUE, record)
        write_store(folder / STORE, summary, record, unused)
        write_page(folder / PAGE, summary, record, unused, excerpts=found)
    return _told(request, summary, unused, len(queue.rows))


def _joined(request: AuditRequest, given: Given, tagger: Tagger) -> ClassMap:
    """The partners of the labels among the annotator's classes."""
    join = ClassJoin(
        join="ontology" if request.ontology else "mid",
        ontology=str(request.ontology) if request.ontology else None,
        table=str(request.classes) if request.classes else None,
    )
    if not request.classes and not request.ontology and not set(given.vocabulary.mids) & set(tagger.vocabulary.mids):
        raise PslError(
            f"none of the labels ({', '.join(given.vocabulary.names[:3])} …) is a class of the annotator "
            f"{request.annotator} ({', '.join(tagger.vocabulary.names[:3])} …): say which belong together in a CSV "
            "with the header own,teacher, and give it as --classes"
        )
    return join_classes(given.vocabulary, tagger.vocabulary, join, "--classes")


def _about(request: AuditRequest, given: Given, tagger: Tagger, class_map: ClassMap) -> dict[str, Any]:
    annotator = tagger.model.annotator
    return {
        "folder": str(request.folder.resolve()),
        "labels": str(request.labels.resolve()) if request.labels else None,
        "labels_hash": hash_file(request.labels) if request.labels else None,
        "clips_hash": hash_json([[clip.name, clip.mids] for clip in given.clips]),
        "annotator": tagger.model.contract.name,
        "licence": tagger.model.contract.licence,
        "weights_hash": annotator.weights_hash,
        "class_map_hash": class_map.hash,
        "window_ms": tagger.windowing.length_ms,
        "hop_ms": tagger.windowing.hop_ms,
        "rate_hz": tagger.model.rate_hz,
        "seed": request.seed,
        "written": {label: list(pair) for label, pair in given.written.items()},
        "names": dict(zip(given.vocabulary.mids, given.vocabulary.names, strict=True)),
    }


def _told(request: AuditRequest, summary: Summary, unused: list[str], n_rows: int) -> str:
    heard = summary.heard
    lines = [
        f"{len(heard.clips)} clips heard; labels that the annotator denies: {summary.n_found('denied')}; classes that "
        f"it hears and the labels lack: {summary.n_found('missing')}"
    ]
    if notes := [f"{row.name} ({row.note})" for row in summary.classes if row.note]:
        lines.append(f"{len(notes)} of {len(summary.classes)} classes are not judged: {', '.join(notes)}")
    if unused:
        lines.append(f"not usable: {len(unused)}, such as: {unused[0]}")
    lines.append(f"{request.out / PAGE} shows it all; {request.out / QUEUE} has {n_rows} windows to decide about")
    return "\n".join(lines)
